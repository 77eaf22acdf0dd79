-- statement: global_registration_counts
--   One row is one hour of registrations: the roll-up that spares a scan of the users.
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred

SELECT
  -- totalUsers: Total number of users: sum of count less decremented_count over global_registration_counts.
  --   payload: metrics | group: metrics | since: 1.0
  --   why: The size of the user base.
  --   ambiguity: the roll-up and a count of users may differ slightly (deleted users); users without
  --     password/identity count too
  coalesce(sum(global_registration_counts.count - global_registration_counts.decremented_count), 0) AS totalUsers
FROM global_registration_counts
