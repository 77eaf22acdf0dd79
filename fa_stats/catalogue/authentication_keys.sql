-- statement: authentication_keys
--   One row is one API key. Keys that the server made for itself are left out: their meta_data has attributes.internal...
--   group: api
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how API keys are protected.

SELECT
  -- apiKeyExpiringEnabled: Rows of authentication_keys with an expiration_instant, keys that the server marks
  --     as internal in meta_data (attributes.internal*) left out.
  --   since: 1.59.0 | setting: 1.55.1 (docs/release notes); domain 1.55.0
  --   ambiguity: already-expired keys may or may not be included; internal system keys (meta_data marks) never
  --     carry an expiry so do not matter; stat itself added in 1.59.0 (issue 3132)
  count_if(
    authentication_keys.expiration_instant IS NOT NULL
    AND NOT coalesce(any_key(authentication_keys.meta_data, 'attributes', 'internal'), false)
  ) AS apiKeyExpiringEnabled,

  -- apiKeyHashedEnabled: Rows of authentication_keys with key_format = 1, internal keys left out.
  --   since: 1.59.0 | setting: 1.56.0
  --   ambiguity: meaning of each key_format number is not published (0 is the natural default for plain text);
  --     stat added in 1.59.0 (issue 3132)
  count_if(
    authentication_keys.key_format = 1
    AND NOT coalesce(any_key(authentication_keys.meta_data, 'attributes', 'internal'), false)
  ) AS apiKeyHashedEnabled
FROM authentication_keys
