-- statement: connectors_tenants
--   One row is one step of a tenant's connector policy.
--   group: tenant
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how many tenants sign users in against another system.

SELECT
  -- tenantCustomConnectors: Tenants with a row in connectors_tenants for a connector other than the built-in
  --     one (e3306678-a53a-4964-9040-1c96f36dda72).
  --   setting: 1.18.0 | plan: paid plan (connectors) | confidence: ambiguous
  --   ambiguity: could count tenants or policy rows; every tenant has a policy row for the built-in connector
  count(
    DISTINCT CASE
      WHEN connectors_tenants.connectors_id <> uuid('e3306678-a53a-4964-9040-1c96f36dda72') THEN connectors_tenants.tenants_id
    END
  ) AS tenantCustomConnectors
FROM connectors_tenants
