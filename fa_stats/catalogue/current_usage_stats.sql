-- statement: current_usage_stats
--   One row: the vendor's own list of the stats that are switched on. It runs only where the settings follow that list
--   ([policy] follow_active_list); what is not on the list is then not counted.
--   group: instance
--   kind: count
--   since: 1.55.1
--   privacy: enumeration
--   confidence: inferred

SELECT
  -- activeStats: The names of the stats that the vendor has switched on, comma-separated.
  --   payload: context | kind: string
  --   why: Lets the vendor's own choice of stats hold here too.
  --   absent: the instance holds no list
  max(current_usage_stats.stats) AS activeStats
FROM current_usage_stats
