-- statement: identity_providers
--   One row is one application that may use one identity provider; the statement brings back one row per provider type.
--   group: application
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows which ways to sign in are offered; types are the product's own 16 names, never a provider's name or
--     address.

SELECT
  -- applicationEnabledIdentityProviders: Rows of identity_providers_applications that are enabled and whose
  --     provider is enabled, by provider type, ordered by type name, types
  --     with no row left out.
  --   kind: breakdown | plan: SAMLv2IdPInitiated and gaming providers need a paid plan | privacy: enumeration
  --   ambiguity: unit is links, not distinct applications: sample SAMLv2IdPInitiated 120 exceeds
  --     applicationNumber 101, and single-instance providers such as Apple show 20; whether the
  --     provider-level enabled flag and application state are required is not documented; whether
  --     tenant-scoped providers (1.62+) are also included here is not documented
  count_if(identity_providers_applications.enabled AND identity_providers.enabled) AS applicationEnabledIdentityProviders,

  -- applicationEnabledIdentityProvidersWithLambdas: The same rows, whose provider has a reconcile lambda.
  --   within: applicationEnabledIdentityProviders
  --   setting: 1.17.0
  --   ambiguity: sample 260 is exactly half of the 520 links in the breakdown, which fits a count of links;
  --     per-provider or per-application counting cannot be excluded
  count_if(
    identity_providers_applications.enabled
    AND identity_providers.enabled
    AND identity_providers.reconcile_lambdas_id IS NOT NULL
  ) AS applicationEnabledIdentityProvidersWithLambdas,

  -- applicationEnabledTenantIdentityProviders: Only where identity_providers.tenants_id exists: enabled
  --     application links of enabled providers that belong to a tenant,
  --     by type. On a schema without that column the status is
  --     unavailable.
  --   within: applicationEnabledIdentityProviders
  --   kind: breakdown | since: after 1.55; version not published | setting: 1.62.0 | confidence: ambiguous
  --   privacy: enumeration
  --   ambiguity: alternative reading: providers with a per-tenant configuration row
  --     (identity_providers_tenants, user-link limits, since 1.32.0); every sample value is exactly
  --     double the plain breakdown, which looks like fixture data; absent from the oldest published
  --     sample
  count_if(
    identity_providers_applications.enabled AND identity_providers.enabled AND identity_providers.tenants_id IS NOT NULL
  ) AS applicationEnabledTenantIdentityProviders
FROM identity_providers_applications
LEFT JOIN identity_providers ON identity_providers.id = identity_providers_applications.identity_providers_id
GROUP BY identity_providers.type
ORDER BY identity_providers.type
