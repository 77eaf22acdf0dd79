-- statement: global_daily_active_users
--   One row is one day: the roll-up that spares a scan of the logins.
--   group: instance
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: How many users come each day.

SELECT
  -- instanceDailyActiveUsers: global_daily_active_users.count of the last complete day (the day before the
  --     report day, in system_configuration.report_timezone); 0 where that day has no
  --     row.
  --   confidence: ambiguous
  --   ambiguity: which day is used is not documented (last complete day, latest row, or a sum); only in timings
  --     in the published sample because null values are dropped; an older sample shows 3300
  coalesce(max(CASE WHEN global_daily_active_users.day = :yesterday THEN global_daily_active_users.count END), 0) AS instanceDailyActiveUsers
FROM global_daily_active_users
