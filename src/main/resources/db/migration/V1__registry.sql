-- Accepted by SQLite and PostgreSQL alike. Times are epoch milliseconds, lists and records JSON.

CREATE TABLE account (
  id      TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  status  TEXT NOT NULL,
  created BIGINT NOT NULL
);

CREATE TABLE access_key (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES account (id),
  sealed_secret BYTEA NOT NULL,
  read_only     BOOLEAN NOT NULL,
  enabled       BOOLEAN NOT NULL,
  created       BIGINT NOT NULL
);

CREATE INDEX access_key_of_account ON access_key (account_id);

CREATE TABLE layer (
  id            TEXT PRIMARY KEY,
  base_id       TEXT REFERENCES layer (id),
  bytes         BIGINT NOT NULL,
  virtual_bytes BIGINT NOT NULL,
  sha256        TEXT NOT NULL
);

CREATE INDEX layer_on_base ON layer (base_id);

CREATE TABLE inventory (
  digest          TEXT PRIMARY KEY,
  compressed_json BYTEA NOT NULL
);

CREATE TABLE image (
  id                      TEXT PRIMARY KEY,
  account_id              TEXT NOT NULL,
  region                  TEXT NOT NULL,
  name                    TEXT NOT NULL,
  base_image_arn          TEXT,
  display_name            TEXT,
  description             TEXT,
  state                   TEXT NOT NULL,
  reason_code             TEXT,
  reason_message          TEXT,
  errors                  TEXT NOT NULL,
  visibility              TEXT NOT NULL,
  image_type              TEXT NOT NULL,
  image_builder_supported BOOLEAN NOT NULL,
  platform                TEXT,
  applications            TEXT NOT NULL,
  created                 BIGINT NOT NULL,
  base_image_released     BIGINT,
  agent_version           TEXT,
  allow_fleet             BOOLEAN NOT NULL,
  allow_image_builder     BOOLEAN NOT NULL,
  instance_families       TEXT NOT NULL,
  dynamic_app_providers   BOOLEAN NOT NULL,
  managed_software        BOOLEAN NOT NULL,
  layer_id                TEXT REFERENCES layer (id),
  inventory_digest        TEXT REFERENCES inventory (digest),
  disk_layout             TEXT,
  previous_id             TEXT,
  previous_name           TEXT,
  snapshot_digest         TEXT,
  qualification           TEXT,
  UNIQUE (account_id, region, name)
);

CREATE INDEX image_by_key ON image (region, name, id);
CREATE INDEX image_on_layer ON image (layer_id);
CREATE INDEX image_of_inventory ON image (inventory_digest);
CREATE INDEX image_of_previous ON image (previous_id);
CREATE INDEX image_in_state ON image (state);

CREATE TABLE image_share (
  image_id            TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  account_id          TEXT NOT NULL,
  allow_fleet         BOOLEAN NOT NULL,
  allow_image_builder BOOLEAN NOT NULL,
  PRIMARY KEY (image_id, account_id)
);

CREATE INDEX image_share_with_account ON image_share (account_id);

CREATE TABLE image_builder (
  account_id    TEXT NOT NULL,
  region        TEXT NOT NULL,
  name          TEXT NOT NULL,
  new_image_id  TEXT NOT NULL UNIQUE REFERENCES image (id) ON DELETE CASCADE,
  image_arn     TEXT NOT NULL,
  display_name  TEXT,
  description   TEXT,
  instance_type TEXT NOT NULL,
  platform      TEXT NOT NULL,
  agent_version TEXT,
  state         TEXT NOT NULL,
  created       BIGINT NOT NULL,
  PRIMARY KEY (account_id, region, name)
);

CREATE TABLE tag (
  resource_arn TEXT NOT NULL,
  tag_key      TEXT NOT NULL,
  tag_value    TEXT NOT NULL,
  PRIMARY KEY (resource_arn, tag_key)
);

-- One row an owner, written by each transaction that counts against a quota, so that on a database
-- with many writers the second one waits for the first.
CREATE TABLE quota_guard (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  PRIMARY KEY (account_id, region)
);

CREATE TABLE update_run (
  image_id            TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  existing_image_id   TEXT NOT NULL,
  existing_image_name TEXT NOT NULL,
  snapshot_digest     TEXT NOT NULL,
  plan                TEXT NOT NULL,
  status              TEXT NOT NULL,
  attempt             INTEGER NOT NULL,
  created             BIGINT NOT NULL,
  ended               BIGINT
);

CREATE INDEX update_run_of_existing ON update_run (existing_image_id, status);
CREATE INDEX update_run_in_status ON update_run (status, created);

CREATE TABLE update_step (
  image_id TEXT NOT NULL REFERENCES update_run (image_id) ON DELETE CASCADE,
  attempt  INTEGER NOT NULL,
  ordinal  INTEGER NOT NULL,
  name     TEXT NOT NULL,
  status   TEXT NOT NULL,
  progress DOUBLE PRECISION NOT NULL,
  detail   TEXT NOT NULL,
  started  BIGINT NOT NULL,
  ended    BIGINT,
  PRIMARY KEY (image_id, attempt, ordinal)
);

-- The table of db-scheduler 16, in its own words.
CREATE TABLE scheduled_tasks (
  task_name            TEXT NOT NULL,
  task_instance        TEXT NOT NULL,
  task_data            BYTEA,
  execution_time       TIMESTAMP WITH TIME ZONE NOT NULL,
  picked               BOOLEAN NOT NULL,
  picked_by            TEXT,
  last_success         TIMESTAMP WITH TIME ZONE,
  last_failure         TIMESTAMP WITH TIME ZONE,
  consecutive_failures INTEGER,
  last_heartbeat       TIMESTAMP WITH TIME ZONE,
  version              BIGINT NOT NULL,
  priority             SMALLINT,
  PRIMARY KEY (task_name, task_instance)
);

CREATE INDEX scheduled_tasks_execution_time ON scheduled_tasks (execution_time);
CREATE INDEX scheduled_tasks_last_heartbeat ON scheduled_tasks (last_heartbeat);
CREATE INDEX scheduled_tasks_priority ON scheduled_tasks (priority DESC, execution_time ASC);
