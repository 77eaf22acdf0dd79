-- The tables of a snapshot as fa_stats 0.3.0 made them.
CREATE TABLE run (
  format INTEGER,
  run VARCHAR,
  day DATE,
  started TIMESTAMP,
  microseconds BIGINT,
  waited_microseconds BIGINT,
  source_kind VARCHAR,
  source_label VARCHAR,
  source_identity VARCHAR,
  source_version VARCHAR,
  instance_id VARCHAR,
  application_version VARCHAR,
  report_timezone VARCHAR,
  catalogue_sha256 VARCHAR,
  isolated BOOLEAN,
  again_because VARCHAR,
  budget_microseconds BIGINT,
  versions VARCHAR,
  switch VARCHAR,
  active_list VARCHAR[],
  circumstances VARCHAR,
  policy VARCHAR,
  payload VARCHAR,
  metrics VARCHAR
);
CREATE TABLE figures (
  name VARCHAR,
  payload VARCHAR,
  status VARCHAR,
  value VARCHAR,
  number DOUBLE,
  microseconds BIGINT,
  measured BOOLEAN,
  alone_microseconds BIGINT,
  statement VARCHAR,
  reason VARCHAR,
  definition VARCHAR
);
CREATE TABLE statements (
  place INTEGER,
  name VARCHAR,
  sql VARCHAR,
  sha256 VARCHAR,
  started_us BIGINT,
  microseconds BIGINT,
  figures VARCHAR[],
  failure VARCHAR,
  alone BOOLEAN,
  rows_read BIGINT,
  blocks_hit BIGINT,
  blocks_read BIGINT,
  temporary_bytes BIGINT,
  temporary_files BIGINT,
  bytes_returned BIGINT,
  server_us BIGINT,
  estimated_rows BIGINT,
  plan VARCHAR,
  plan_sha256 VARCHAR,
  whole_server VARCHAR[]
);
CREATE TABLE scans (
  place INTEGER,
  table_name VARCHAR,
  times BIGINT,
  rows_read BIGINT
);
CREATE TABLE checks (
  place INTEGER,
  name VARCHAR,
  sentence VARCHAR,
  outcome VARCHAR,
  evidence VARCHAR
);
