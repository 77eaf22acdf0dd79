-- statement: application_oauth_scopes
--   One row is one custom OAuth scope of an application.
--   group: application
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how much custom consent is asked for.

SELECT
  -- applicationRequiredScopes: Rows of application_oauth_scopes whose document says required = true.
  --   setting: 1.50.0 | plan: Essentials or Enterprise (advanced OAuth scopes) | confidence: ambiguous
  --   ambiguity: could count scopes or applications owning at least one such scope
  count_if(flag(application_oauth_scopes.data, 'required')) AS applicationRequiredScopes,

  -- applicationOptionalScopes: Rows of application_oauth_scopes whose document does not say required = true.
  --   setting: 1.50.0 | plan: Essentials or Enterprise (advanced OAuth scopes) | confidence: ambiguous
  --   ambiguity: could count scopes or applications owning at least one such scope; custom scopes only
  --     (provided scopes such as email live in the application document)
  count_if(NOT coalesce(flag(application_oauth_scopes.data, 'required'), false)) AS applicationOptionalScopes
FROM application_oauth_scopes
