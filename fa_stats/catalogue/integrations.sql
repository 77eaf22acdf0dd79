-- statement: integrations
--   One row, one document: the integrations of the instance.
--   group: integrations
--   kind: boolean
--   since: 1.55.1
--   privacy: setting
--   confidence: documented
--   why: Shows which outside systems are connected.

SELECT
  -- integrationsCleanspeakEnabled: Whether the CleanSpeak integration is enabled.
  count_if(flag(integrations.data, 'cleanspeak.enabled')) > 0 AS integrationsCleanspeakEnabled,

  -- integrationsKafkaEnabled: Whether the Kafka event integration is enabled.
  count_if(flag(integrations.data, 'kafka.enabled')) > 0 AS integrationsKafkaEnabled
FROM integrations
