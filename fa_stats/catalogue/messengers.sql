-- statement: messengers
--   One row is one messenger; type is the order of the product's list: Generic, Kafka, Twilio.
--   group: messengers
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how text messages are sent.

SELECT
  -- messengersGeneric: Number of messengers of type Generic.
  --   setting: 1.26.0 | plan: paid plan for SMS MFA use
  --   ambiguity: sample timing rose from 0-1 ms (statsVersion 0.1.6) to 5 ms (0.2.0), so the definition may
  --     have changed to tenants using such a messenger
  count_if(messengers.type = 0) AS messengersGeneric,

  -- messengersKafka: Number of messengers of type Kafka.
  --   setting: 1.26.0 | plan: paid plan for SMS MFA use
  --   ambiguity: sample timing rose from 0-1 ms (statsVersion 0.1.6) to 5 ms (0.2.0), so the definition may
  --     have changed to tenants using such a messenger
  count_if(messengers.type = 1) AS messengersKafka,

  -- messengersTwilio: Number of messengers of type Twilio.
  --   setting: 1.26.0 | plan: paid plan for SMS MFA use
  --   ambiguity: sample timing rose from 0-1 ms (statsVersion 0.1.6) to 5 ms (0.2.0), so the definition may
  --     have changed to tenants using such a messenger
  count_if(messengers.type = 2) AS messengersTwilio
FROM messengers
