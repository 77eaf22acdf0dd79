-- statement: entity_entity_grants
--   One row is counted as one.
--   group: entities
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how much entities (devices, APIs, accounts) rely on one another.

SELECT
  -- entitiesEntityGrants: Number of grants whose recipient is another entity.
  --   setting: 1.26.0 | plan: paid plan (entity management)
  --   ambiguity: an older published sample (statsVersion 0.1.6) also had entitiesUserGrants for user
  --     recipients, so this one is entity recipients only
  count(entity_entity_grants.id) AS entitiesEntityGrants
FROM entity_entity_grants
