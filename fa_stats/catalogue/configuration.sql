-- statement: configuration
--   Not in the instance's database: options of its fusionauth.properties file or environment, read where the settings name
--   them, with the documented default where an option is not set. `configuration` is one row with a column for each option.
--   group: instance
--   kind: count
--   since: 1.55.1
--   privacy: setting
--   confidence: documented
--   absent: the option holds something that cannot be read as a value of its kind
--   why: Shows how the instance is set up, apart from its data.

SELECT
  -- instanceDatabaseConnectionTimeout: Configured wait for a database connection. Option
  --     database.connection-timeout; 2000 where it is not set.
  --   kind: millis
  whole(coalesce(configuration."database.connection-timeout", '2000')) AS instanceDatabaseConnectionTimeout,

  -- instanceDatabaseIdleTimeout: Configured time an idle pooled connection is kept. Option
  --     database.idle-timeout; 120000 where it is not set.
  --   kind: millis
  whole(coalesce(configuration."database.idle-timeout", '120000')) AS instanceDatabaseIdleTimeout,

  -- instanceDatabaseMaxLifetime: Configured maximum age of a pooled connection. Option database.max-lifetime;
  --     240000 where it is not set.
  --   kind: millis
  whole(coalesce(configuration."database.max-lifetime", '240000')) AS instanceDatabaseMaxLifetime,

  -- instanceDatabaseMaximumPoolSize: Configured maximum size of the database pool. Option
  --     database.maximum-pool-size; 10 where it is not set.
  whole(coalesce(configuration."database.maximum-pool-size", '10')) AS instanceDatabaseMaximumPoolSize,

  -- instanceDatabaseMinimumIdle: Configured minimum number of idle pooled connections. Option
  --     database.minimum-idle; unset where it is not set.
  --   confidence: inferred
  --   ambiguity: -1 stands for unset
  whole(coalesce(configuration."database.minimum-idle", '-1')) AS instanceDatabaseMinimumIdle,

  -- instanceDatabaseMysqlEnforceUtf8mb4: Whether start-up enforces the utf8mb4 character set on MySQL. Option
  --     database.mysql.enforce-utf8mb4; true where it is not set.
  --   kind: boolean | confidence: inferred
  --   ambiguity: sample false although documented default is true
  CASE lower(coalesce(configuration."database.mysql.enforce-utf8mb4", 'true')) WHEN 'true' THEN true WHEN 'false' THEN false END AS instanceDatabaseMysqlEnforceUtf8mb4,

  -- instanceFusionauthAppHttpReadTimeout: Configured HTTP server read timeout. Option
  --     fusionauth-app.http.read-timeout; 20000 where it is not set.
  --   kind: millis | setting: 1.37.0 | confidence: inferred
  --   ambiguity: documented default 20000 but sample shows 0, probably unset in that run
  whole(coalesce(configuration."fusionauth-app.http.read-timeout", '20000')) AS instanceFusionauthAppHttpReadTimeout,

  -- instanceFusionauthAppLocalMetricsEnabled: Whether metrics and status are open to unauthenticated callers on
  --     localhost. Option fusionauth-app.local-metrics.enabled; false
  --     where it is not set.
  --   kind: boolean | setting: 1.46.0
  CASE lower(coalesce(configuration."fusionauth-app.local-metrics.enabled", 'false')) WHEN 'true' THEN true WHEN 'false' THEN false END AS instanceFusionauthAppLocalMetricsEnabled,

  -- instanceFusionauthAppMemory: Memory given to the application JVM. Option fusionauth-app.memory; 512M where
  --     it is not set.
  --   kind: bytes | confidence: inferred
  --   ambiguity: sample 25769803776 is exactly 24 GiB: may be the parsed setting (M and G are binary) or the
  --     JVM maximum heap
  try(
    whole(regexp_extract(coalesce(configuration."fusionauth-app.memory", '512M'), '^([0-9]+)[KMGTkmgt]?$', 1))
    * CASE upper(right(coalesce(configuration."fusionauth-app.memory", '512M'), 1))
      WHEN 'K' THEN 1024
      WHEN 'M' THEN 1048576
      WHEN 'G' THEN 1073741824
      WHEN 'T' THEN 1099511627776
      ELSE 1
    END
  ) AS instanceFusionauthAppMemory,

  -- instanceFusionauthAppReindexBatchSize: Configured users per reindex batch. Option
  --     fusionauth-app.reindex-batch-size; 1000 where it is not set.
  whole(coalesce(configuration."fusionauth-app.reindex-batch-size", '1000')) AS instanceFusionauthAppReindexBatchSize,

  -- instanceFusionauthAppReindexThreadCount: Configured reindex threads. Option
  --     fusionauth-app.reindex-thread-count; 2 where it is not set.
  whole(coalesce(configuration."fusionauth-app.reindex-thread-count", '2')) AS instanceFusionauthAppReindexThreadCount,

  -- instanceFusionauthAppSearchDefaultRefreshInterval: Configured default refresh interval of the search index.
  --     Option fusionauth-app.search.default-refresh-interval;
  --     1s where it is not set.
  --   kind: string | setting: 1.49.2
  nullif(
    regexp_extract(coalesce(configuration."fusionauth-app.search.default-refresh-interval", '1s'), '^-?[0-9]+[a-z]*$'), ''
  ) AS instanceFusionauthAppSearchDefaultRefreshInterval,

  -- instanceFusionauthSearchHostsCount: Number of search hosts configured. Option fusionauth-search.hosts (or
  --     search.servers); _local_ / http://localhost:9021 where it is not set.
  --   confidence: inferred
  --   ambiguity: fusionauth-search.hosts is a bind list of the bundled search service, search.servers the
  --     client list; the stat name matches the first
  len(string_split(coalesce(configuration."fusionauth-search.hosts", configuration."search.servers", '_local_'), ',')) AS instanceFusionauthSearchHostsCount,

  -- instanceJavaVersion: Version of the Java runtime.
  --   kind: string | confidence: inferred | privacy: version
  --   absent: only the running Java machine knows its version
  --   ambiguity: sample 17.0.8.1+1 (version plus build) does not fit 1.59.1, another sign of fixture data
  CAST(NULL AS VARCHAR) AS instanceJavaVersion,

  -- instanceSearchType: Search engine type: database or elasticsearch. Option search.type; database where it is
  --     not set.
  --   kind: string | setting: 1.16.0 | privacy: enumeration
  CASE
    WHEN coalesce(configuration."search.type", 'database') IN ('database', 'elasticsearch')
    THEN coalesce(configuration."search.type", 'database')
  END AS instanceSearchType,

  -- instanceElasticsearchVersion: Version of the search cluster when the search type is elasticsearch.
  --   kind: string | confidence: inferred | privacy: version
  --   absent: only the search engine itself knows its version
  --   ambiguity: only in timings in the published sample because the sample instance uses database search and null values
  --     are dropped; OpenSearch reports its own version scheme
  CAST(NULL AS VARCHAR) AS instanceElasticsearchVersion
FROM configuration
