CREATE TABLE schema (
  version SERIAL NOT NULL,
  PRIMARY KEY (version)
);
--
CREATE TABLE advertisers (
  id VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  created VARCHAR(32) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (name)
);
--
CREATE TABLE results (
  id VARCHAR(64) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  created VARCHAR(32) NOT NULL,
  files JSON NOT NULL,
  PRIMARY KEY (id)
);
--
CREATE TABLE workers (
  name VARCHAR(128) NOT NULL,
  seen VARCHAR(32) NOT NULL,
  PRIMARY KEY (name)
);
--
CREATE TABLE keys (
  id VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  scopes JSON NOT NULL,
  hashed TEXT NOT NULL,
  created VARCHAR(32) NOT NULL,
  revoked VARCHAR(32),
  PRIMARY KEY (id)
);
--
CREATE TABLE tokens (
  digest VARCHAR(64) NOT NULL,
  purpose VARCHAR(32) NOT NULL,
  subject TEXT NOT NULL,
  expires VARCHAR(32) NOT NULL,
  PRIMARY KEY (digest)
);
--
CREATE TABLE secrets (
  name VARCHAR(64) NOT NULL,
  value BYTEA NOT NULL,
  PRIMARY KEY (name)
);
--
CREATE TABLE audit (
  id SERIAL NOT NULL,
  time VARCHAR(32) NOT NULL,
  who TEXT NOT NULL,
  action VARCHAR(64) NOT NULL,
  subject TEXT NOT NULL,
  detail JSON NOT NULL,
  PRIMARY KEY (id)
);
--
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
--
CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_refuses();
--
CREATE TRIGGER audit_table BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses();
--
CREATE TABLE datasets (
  id VARCHAR(64) NOT NULL,
  advertiser VARCHAR(64) NOT NULL,
  purpose VARCHAR(16) NOT NULL,
  name TEXT NOT NULL,
  created VARCHAR(32) NOT NULL,
  size BIGINT NOT NULL,
  files JSON NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY(advertiser) REFERENCES advertisers (id)
);
--
CREATE INDEX ix_datasets_advertiser ON datasets (advertiser);
--
CREATE TABLE shares (
  id VARCHAR(64) NOT NULL,
  advertiser VARCHAR(64) NOT NULL,
  result VARCHAR(64) NOT NULL,
  digest VARCHAR(64) NOT NULL,
  created VARCHAR(32) NOT NULL,
  created_by TEXT NOT NULL,
  expires VARCHAR(32),
  revoked VARCHAR(32),
  PRIMARY KEY (id),
  FOREIGN KEY(advertiser) REFERENCES advertisers (id),
  FOREIGN KEY(result) REFERENCES results (id),
  UNIQUE (digest)
);
--
CREATE INDEX ix_shares_advertiser ON shares (advertiser);
--
CREATE TABLE jobs (
  number SERIAL NOT NULL,
  id VARCHAR(64) NOT NULL,
  kind VARCHAR(32) NOT NULL,
  body JSON NOT NULL,
  advertiser VARCHAR(64) NOT NULL,
  dataset VARCHAR(64),
  state VARCHAR(16) NOT NULL,
  stage TEXT NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER,
  eta_seconds FLOAT,
  attempt INTEGER NOT NULL,
  created VARCHAR(32) NOT NULL,
  started VARCHAR(32),
  finished VARCHAR(32),
  result VARCHAR(64),
  error JSON,
  requested_by TEXT NOT NULL,
  fingerprint VARCHAR(64) NOT NULL,
  background BOOLEAN NOT NULL,
  worker VARCHAR(128),
  lease_seconds FLOAT,
  lease_until VARCHAR(32),
  begun VARCHAR(32),
  stage_started VARCHAR(32),
  expected_seconds FLOAT,
  seconds FLOAT,
  PRIMARY KEY (number),
  UNIQUE (id),
  FOREIGN KEY(advertiser) REFERENCES advertisers (id),
  FOREIGN KEY(dataset) REFERENCES datasets (id),
  FOREIGN KEY(result) REFERENCES results (id)
);
--
CREATE INDEX ix_jobs_fingerprint ON jobs (fingerprint);
--
CREATE INDEX ix_jobs_state ON jobs (state);
--
CREATE INDEX ix_jobs_advertiser ON jobs (advertiser);
--
CREATE TABLE events (
  id SERIAL NOT NULL,
  job VARCHAR(64) NOT NULL,
  time VARCHAR(32) NOT NULL,
  state VARCHAR(16) NOT NULL,
  stage TEXT NOT NULL,
  done INTEGER NOT NULL,
  total INTEGER,
  eta_seconds FLOAT,
  PRIMARY KEY (id),
  FOREIGN KEY(job) REFERENCES jobs (id)
);
--
CREATE INDEX ix_events_job ON events (job);
--
CREATE TABLE idempotency (
  key_id TEXT NOT NULL,
  idempotency_key VARCHAR(255) NOT NULL,
  body_hash VARCHAR(64) NOT NULL,
  job VARCHAR(64) NOT NULL,
  created VARCHAR(32) NOT NULL,
  PRIMARY KEY (key_id, idempotency_key),
  FOREIGN KEY(job) REFERENCES jobs (id)
);
--
CREATE TABLE scenarios (
  id VARCHAR(64) NOT NULL,
  advertiser VARCHAR(64) NOT NULL,
  name TEXT NOT NULL,
  job VARCHAR(64) NOT NULL,
  result VARCHAR(64) NOT NULL,
  created VARCHAR(32) NOT NULL,
  note TEXT NOT NULL,
  adopted BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  UNIQUE (advertiser, name),
  FOREIGN KEY(advertiser) REFERENCES advertisers (id),
  FOREIGN KEY(job) REFERENCES jobs (id),
  FOREIGN KEY(result) REFERENCES results (id)
);
--
CREATE UNIQUE INDEX one_adopted_scenario ON scenarios (advertiser) WHERE adopted;
