-- statement: ip_access_control_lists
--   One row is counted as one.
--   group: atd
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows whether access is limited by address; the addresses themselves are never read.

SELECT
  -- atdIpAcls: Rows of ip_access_control_lists.
  --   setting: 1.30.0 | plan: Enterprise (threat detection) | confidence: ambiguous
  --   ambiguity: could instead count places that use a list (tenants/applications
  --     ui_ip_access_control_lists_id, authentication_keys.ip_access_control_lists_id); sample timing
  --     0 ms fits a plain row count
  count(ip_access_control_lists.id) AS atdIpAcls
FROM ip_access_control_lists
