-- statement: system_configuration_change
--   One row: when the settings of the whole instance were last saved. Only `fa-stats reconcile` asks for it, never the
--   daily run.
--   group: instance
--   kind: millis
--   payload: context
--   since: 1.55.1
--   privacy: setting
--   confidence: inferred

SELECT
  -- settingsSaved: When the system settings were last saved, in milliseconds since 1970.
  --   why: The switch for usage data has stood as it stands now since then.
  --   absent: the instance has no system settings
  max(system_configuration.last_update_instant) AS settingsSaved
FROM system_configuration
