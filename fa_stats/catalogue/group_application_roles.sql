-- statement: group_application_roles
--   One row is counted as one.
--   group: group
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows whether roles are given through groups.

SELECT
  -- groupApplicationRoles: Rows of group_application_roles.
  --   confidence: ambiguous
  --   ambiguity: could be rows, distinct roles, or groups that own at least one role; row count is the simplest
  --     reading
  count(group_application_roles.application_roles_id) AS groupApplicationRoles
FROM group_application_roles
