-- statement: server
--   No table: the database server is asked for its own version.
--   group: instance
--   kind: string
--   since: 1.55.1
--   privacy: version
--   confidence: inferred
--   why: Tells which databases have to be supported.

SELECT
  -- instanceDatabaseVersion: The version number that the database server reports, without its distribution
  --     suffix.
  --   ambiguity: string format not documented (sample 8.3.0, a MySQL-style number); suffixes such as
  --     distribution names may be stripped
  server_version() AS instanceDatabaseVersion

