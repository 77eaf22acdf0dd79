-- statement: instance
--   One row: the instance itself. Of its licence, only the names of plan and type are read.
--   group: instance
--   kind: count
--   since: 1.55.1
--   privacy: enumeration
--   confidence: inferred
--   absent: the instance carries no licence attributes

SELECT
  -- instanceCompanyPlan: instance.data status.licenseAttributes.LicensedPlan; unavailable where there is none.
  --   kind: string | since: after 1.55; version not published | setting: licenseAttributes 1.37.0
  --   why: Tells which features the figures can be read against.
  --   ambiguity: value when unlicensed unknown (Community, empty or absent); no timing in the sample
  max(text(instance.data, 'status.licenseAttributes.LicensedPlan')) AS instanceCompanyPlan,

  -- instanceLicenseType: instance.data status.licenseAttributes.LicenseType; unavailable where there is none.
  --   kind: string | since: after 1.55; version not published | setting: licenseAttributes 1.37.0
  --   why: Tells production from test instances.
  --   ambiguity: value when unlicensed unknown; no timing in the sample
  max(text(instance.data, 'status.licenseAttributes.LicenseType')) AS instanceLicenseType,

  -- instanceFirstTimeSetupProgress: From instance.data firstTimeSetup: apiKeyConfigured = it has apiKeyId;
  --     applicationConfigured = it has applicationId; emailConfigured and
  --     licenseActivated as stored; false where absent.
  --   kind: object | privacy: setting
  --   why: Shows how far the set-up wizard was followed.
  --   ambiguity: sample shows all false on an instance with 101 applications, so it is the stored wizard state
  --     and not derived from live objects; exact key for the API-key step was not in the 1.60.2 sample
  object(
    'apiKeyConfigured', count_if(present(instance.data, 'firstTimeSetup.apiKeyId')) > 0,
    'applicationConfigured', count_if(present(instance.data, 'firstTimeSetup.applicationId')) > 0,
    'emailConfigured', count_if(flag(instance.data, 'firstTimeSetup.emailConfigured')) > 0,
    'licenseActivated', count_if(flag(instance.data, 'firstTimeSetup.licenseActivated')) > 0
  ) AS instanceFirstTimeSetupProgress,

  -- instanceId: Unique instance identifier, made by the server when it was set up.
  --   payload: metrics | group: metrics | kind: string | since: 1.0 | privacy: identifier | confidence: documented
  --   why: Tells instances apart, and one report of an instance from the next.
  --   absent: the instance has not been set up
  max(id_text(instance.id)) AS instanceId,

  -- licenseId: Licence id, only where the instance is licensed with a plan. Never printed.
  --   payload: metrics | group: metrics | kind: string | since: 1.0 | privacy: identifier | confidence: documented
  --   why: Ties the metrics of a paid plan to its contract.
  --   absent: the instance has no licence
  max(instance.license_id) AS licenseId,

  -- tenantManagerApplication: The id of the built-in tenant manager, whose roles are not counted.
  --   payload: context | kind: string | since: 1.58.0 | privacy: identifier
  --   why: A later statement needs it.
  --   absent: the version has no tenant manager
  max(id_text(instance.tenant_manager_applications_id)) AS tenantManagerApplication
FROM instance
