-- statement: webhooks
--   One row is one webhook. Only the three events that belong to the instance, and to no tenant, are counted here.
--   group: webhook
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows which instance-wide events are sent to webhooks.

SELECT
  -- webhookAuditLogCreate: Number of webhooks subscribed to the instance-wide event audit-log.create.
  --   setting: 1.30.0
  --   ambiguity: instance events are stripped from the tenant event map, and sample timings of 0-1 ms match the
  --     small webhooks table
  count_if(flag(webhooks.data, 'eventsEnabled."audit-log.create"')) AS webhookAuditLogCreate,

  -- webhookEventLogCreate: Number of webhooks subscribed to the instance-wide event event-log.create.
  --   setting: 1.30.0
  --   ambiguity: instance events are stripped from the tenant event map, and sample timings of 0-1 ms match the
  --     small webhooks table
  count_if(flag(webhooks.data, 'eventsEnabled."event-log.create"')) AS webhookEventLogCreate,

  -- webhookKickstartSuccess: Number of webhooks subscribed to the instance-wide event kickstart.success.
  --   setting: 1.30.0
  --   ambiguity: instance events are stripped from the tenant event map, and sample timings of 0-1 ms match the
  --     small webhooks table
  count_if(flag(webhooks.data, 'eventsEnabled."kickstart.success"')) AS webhookKickstartSuccess
FROM webhooks
