-- statement: entity_types
--   One row is counted as one.
--   group: entities
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows whether entity management is used.

SELECT
  -- entitiesTypeNumber: Number of entity types.
  --   setting: 1.26.0 | plan: paid plan (entity management) | confidence: documented
  count(entity_types.id) AS entitiesTypeNumber
FROM entity_types
