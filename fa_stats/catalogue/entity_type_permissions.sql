-- statement: entity_type_permissions
--   One row is counted as one.
--   group: entities
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how finely entity access is modelled.

SELECT
  -- entitiesPermissions: Number of permissions defined on entity types.
  --   setting: 1.26.0 | plan: paid plan (entity management)
  --   ambiguity: stock SCIM entity types, if present, are presumably included
  count(entity_type_permissions.id) AS entitiesPermissions
FROM entity_type_permissions
