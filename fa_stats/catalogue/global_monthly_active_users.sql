-- statement: global_monthly_active_users
--   One row is one month: the roll-up that spares a scan of the logins.
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred

SELECT
  -- monthlyActiveUsers: Users active in the month that contains the last complete day (the day before the
  --     report day); 0 where that month has no row.
  --   payload: metrics | group: metrics | since: 1.0
  --   why: How many users come back.
  --   ambiguity: current (partial) or previous month is not documented
  coalesce(max(CASE WHEN global_monthly_active_users.month = :month THEN global_monthly_active_users.count END), 0) AS monthlyActiveUsers
FROM global_monthly_active_users
