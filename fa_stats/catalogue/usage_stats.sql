-- statement: usage_stats
--   One row is one collection that FusionAuth itself made, with what it counted and whether that was sent. Only
--   `fa-stats reconcile` asks for it, never the daily run. Rows outside of the days in question bring back no text.
--   group: instance
--   kind: string
--   payload: context
--   since: 1.55.1
--   privacy: enumeration
--   confidence: inferred
--   absent: FusionAuth has written down no collection

SELECT
  -- recordedVersion: The version of FusionAuth that made the collection.
  --   privacy: version
  --   why: A set of names may only change with the version.
  max(CASE WHEN usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    THEN usage_stats.application_version END) AS recordedVersion,

  -- recordedStatsVersion: The version of the payload's shape that it names.
  --   privacy: version
  --   why: A set of names may only change with the version.
  max(CASE WHEN usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    THEN usage_stats.stats_version END) AS recordedStatsVersion,

  -- recordedInstance: The instance that it is about.
  --   privacy: identifier
  --   why: A payload of another instance is not to be compared with this one.
  max(CASE WHEN usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    THEN id_text(usage_stats.instance_id) END) AS recordedInstance,

  -- recordedDuration: How long the collection took, in milliseconds.
  --   kind: millis | privacy: count
  --   why: What FusionAuth's own collection costs, beside what ours costs.
  max(CASE WHEN usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    THEN usage_stats.collection_duration END) AS recordedDuration,

  -- recordedSent: Whether it was sent to the vendor: 1 or 0.
  --   kind: count | privacy: setting
  --   why: What left the house is graver than what was only counted.
  count_if(
    usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    AND usage_stats.sent
  ) AS recordedSent,

  -- recordedStats: The figures of the collection, as JSON.
  --   why: They are what reconcile compares with the public page and with our own figures.
  max(CASE WHEN usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    THEN usage_stats.stats END) AS recordedStats,

  -- recordedTimings: The time that each figure took, in milliseconds, as JSON.
  --   privacy: count
  --   why: FusionAuth's own timings, beside ours.
  max(CASE WHEN usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    THEN usage_stats.timings END) AS recordedTimings,

  -- recordedFailed: The names of the figures that FusionAuth could not count, as JSON.
  --   why: A figure that failed there is told from one that was never asked for.
  max(CASE WHEN usage_stats.collection_instant >= :recorded_from AND usage_stats.collection_instant < :recorded_end
    THEN usage_stats.failed_stats END) AS recordedFailed
FROM usage_stats
GROUP BY usage_stats.collection_instant
ORDER BY usage_stats.collection_instant
