-- statement: version
--   One row: the version of the schema, which is the version of the product.
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred

SELECT
  -- productVersion: Product version.
  --   payload: metrics | group: metrics | kind: string | since: 1.0 | privacy: version | confidence: documented
  --   why: Tells which features can be there at all.
  --   absent: the database has no version row
  max(version.version) AS productVersion,

  -- metricsVersion: Version of the metrics data, always 1.
  --   payload: metrics | group: metrics | since: 1.0 | privacy: version | confidence: documented
  --   why: Tells a reader of the metrics how to read them.
  1 AS metricsVersion
FROM version
