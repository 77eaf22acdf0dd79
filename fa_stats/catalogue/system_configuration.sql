-- statement: system_configuration
--   One row: the settings of the whole instance. Read first, and alone, for it says whether anything else may be read.
--   group: instance
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred

SELECT
  -- usageDataEnabled: The instance's own switch for usage data, as its administrators set it.
  --   payload: context | kind: string | since: 1.55.0 | privacy: setting | confidence: documented
  --   why: Off means off: where it is false, nothing else is read.
  --   absent: nobody has set the switch
  max(text(system_configuration.data, 'usageDataConfiguration.enabled')) AS usageDataEnabled,

  -- reportTimezone: The time zone of the instance's reports.
  --   payload: context | kind: string | since: 1.0 | privacy: setting | confidence: documented
  --   why: The month of the login metrics begins and ends in it.
  --   absent: the instance names no time zone, so UTC is used
  max(system_configuration.report_timezone) AS reportTimezone
FROM system_configuration
