-- statement: current_usage_stats_change
--   One row: when the vendor's list of active stats last changed. Only `fa-stats reconcile` asks for it, never the daily
--   run.
--   group: instance
--   kind: millis
--   payload: context
--   since: 1.55.1
--   privacy: setting
--   confidence: inferred
--   absent: the instance holds no list

SELECT
  -- activeStatsChanged: When the vendor's list last changed, in milliseconds since 1970.
  --   why: What was collected before then was collected by another list.
  max(current_usage_stats.last_modified_instant) AS activeStatsChanged,

  -- activeStatsChecked: When FusionAuth last asked for the vendor's list, in milliseconds since 1970.
  --   why: A list that is no longer asked for may not be the vendor's list of today.
  max(current_usage_stats.last_checked_instant) AS activeStatsChecked
FROM current_usage_stats
