PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "flyway_schema_history" (
    "installed_rank" INT NOT NULL PRIMARY KEY,
    "version" VARCHAR(50),
    "description" VARCHAR(200) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "script" VARCHAR(1000) NOT NULL,
    "checksum" INT,
    "installed_by" VARCHAR(100) NOT NULL,
    "installed_on" TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f','now')),
    "execution_time" INT NOT NULL,
    "success" BOOLEAN NOT NULL
);
INSERT INTO flyway_schema_history VALUES(1,'1','registry','SQL','V1__registry.sql',1906434446,'','2026-11-30 19:28:58.766',17,1);
INSERT INTO flyway_schema_history VALUES(2,'10','account quota','SQL','V10__account_quota.sql',1528368011,'','2026-11-30 19:28:58.800',3,1);
INSERT INTO flyway_schema_history VALUES(3,'11','published images','SQL','V11__published_images.sql',395760232,'','2026-11-30 19:28:58.815',0,1);
INSERT INTO flyway_schema_history VALUES(4,'12','shares by key','SQL','V12__shares_by_key.sql',-1171536072,'','2026-11-30 19:28:58.866',9,1);
INSERT INTO flyway_schema_history VALUES(5,'20','copies','SQL','V20__copies.sql',423743075,'','2026-11-30 19:28:58.907',11,1);
INSERT INTO flyway_schema_history VALUES(6,'21','export tasks','SQL','V21__export_tasks.sql',495807688,'','2026-11-30 19:28:58.948',2,1);
INSERT INTO flyway_schema_history VALUES(7,'30','imports','SQL','V30__imports.sql',1612117249,'','2026-11-30 19:28:58.978',0,1);
INSERT INTO flyway_schema_history VALUES(8,'31','images counted','SQL','V31__images_counted.sql',222195966,'','2026-11-30 19:28:59.059',6,1);
CREATE TABLE account (
  id      TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  status  TEXT NOT NULL,
  created BIGINT NOT NULL
);
INSERT INTO account VALUES('687516850183','default','ACTIVE',1796066939646);
CREATE TABLE access_key (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES account (id),
  sealed_secret BYTEA NOT NULL,
  read_only     BOOLEAN NOT NULL,
  enabled       BOOLEAN NOT NULL,
  created       BIGINT NOT NULL
);
INSERT INTO access_key VALUES('AKIAW4VHUOMUFJHSXDRB','687516850183',X'a9d71cdce9fe172cdcb0b49b09655c68a1264016b7ad1a025a333a09b35f02c68d48494caaa1e17a581d82cf09d72f1de16b0447d320e1ad6577e458b73c7e7d60561549',0,1,1796066939788);
CREATE TABLE layer (
  id            TEXT PRIMARY KEY,
  base_id       TEXT REFERENCES layer (id),
  bytes         BIGINT NOT NULL,
  virtual_bytes BIGINT NOT NULL,
  sha256        TEXT NOT NULL
);
INSERT INTO layer VALUES('base',NULL,14,1073741824,'21f503eb214ff5a0d7a9faeb8be36cc2c5ca7813d1faec9ec6f328459f419ce9');
INSERT INTO layer VALUES('top','base',14,1073741824,'0a120176e5a875943a110ba26917b55d31667fe98e6e597857c8dfd0ea79f363');
CREATE TABLE inventory (
  digest          TEXT PRIMARY KEY,
  compressed_json BYTEA NOT NULL
);
INSERT INTO inventory VALUES('8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c',X'28b52ffd24c6b50400f208202120c5aa0e78f9c6e781eb08f7d76da5f1003d1577f8ff3676bff1d094aa0408d0f0810c92f5a5388a87a89608cb53a0b25cbaec608ff8db129e1eaeee6e60a0c9f6b29eb6a4f458becbce28f03d9e56796d4fee3e98b6024cb53a82065f0bb8a86c141ccda251964ef7647a77f822cd818150241e3f6d8d2ca6aa63f1b71e0b06001b0be6850d545d5a18c4ba080167c17c02018752d8');
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
  qualification           TEXT, published_by TEXT,
  UNIQUE (account_id, region, name)
);
INSERT INTO image VALUES('img-1','687516850183','us-east-1','golden',NULL,NULL,NULL,'AVAILABLE',NULL,NULL,'[]','PRIVATE','CUSTOM',1,'DEBIAN_12','[]',1700000000000,NULL,NULL,1,1,'[]',0,0,'base','8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c','{"firmware":"BIOS","filesystems":[{"mountPoint":"/","device":"/dev/sda1","offset":1048576,"size":1072693248,"type":"ext4","uuid":"","label":"","partitionUuid":""}]}',NULL,NULL,NULL,NULL,NULL);
INSERT INTO image VALUES('img-2','687516850183','us-east-1','golden-updated',NULL,NULL,NULL,'AVAILABLE',NULL,NULL,'[]','PRIVATE','CUSTOM',1,'DEBIAN_12','[]',1700000000000,NULL,NULL,1,1,'[]',0,0,'top','8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c','{"firmware":"BIOS","filesystems":[{"mountPoint":"/","device":"/dev/sda1","offset":1048576,"size":1072693248,"type":"ext4","uuid":"","label":"","partitionUuid":""}]}',NULL,NULL,NULL,NULL,NULL);
CREATE TABLE image_share (
  image_id            TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  account_id          TEXT NOT NULL,
  allow_fleet         BOOLEAN NOT NULL,
  allow_image_builder BOOLEAN NOT NULL, region TEXT NOT NULL DEFAULT '', name TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (image_id, account_id)
);
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
INSERT INTO tag VALUES('arn:aws:appstream:us-east-1:687516850183:image/golden','team','desktop');
CREATE TABLE IF NOT EXISTS "quota_use" (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL, images BIGINT NOT NULL DEFAULT 0,
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
CREATE TABLE account_quota (
  account_id  TEXT NOT NULL REFERENCES account (id),
  quota       TEXT NOT NULL,
  quota_limit INTEGER NOT NULL,
  PRIMARY KEY (account_id, quota)
);
CREATE TABLE image_copy (
  image_id        TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  source_image_id TEXT NOT NULL
);
CREATE TABLE export_task (
  id              TEXT PRIMARY KEY,
  account_id      TEXT NOT NULL,
  region          TEXT NOT NULL,
  image_id        TEXT NOT NULL,
  image_arn       TEXT NOT NULL,
  ami_name        TEXT NOT NULL,
  ami_description TEXT,
  ami_id          TEXT NOT NULL,
  tags            TEXT NOT NULL,
  state           TEXT NOT NULL,
  failure         TEXT,
  created         BIGINT NOT NULL
);
CREATE TABLE image_import (
  image_id               TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  disk_id                TEXT NOT NULL,
  agent_software_version TEXT,
  validated              BOOLEAN NOT NULL,
  intended_instance_type TEXT,
  ended                  BOOLEAN NOT NULL
);
CREATE INDEX "flyway_schema_history_s_idx" ON "flyway_schema_history" ("success");
CREATE INDEX access_key_of_account ON access_key (account_id);
CREATE INDEX layer_on_base ON layer (base_id);
CREATE INDEX image_by_key ON image (region, name, id);
CREATE INDEX image_on_layer ON image (layer_id);
CREATE INDEX image_of_inventory ON image (inventory_digest);
CREATE INDEX image_of_previous ON image (previous_id);
CREATE INDEX image_in_state ON image (state);
CREATE INDEX update_run_of_existing ON update_run (existing_image_id, status);
CREATE INDEX update_run_in_status ON update_run (status, created);
CREATE INDEX scheduled_tasks_execution_time ON scheduled_tasks (execution_time);
CREATE INDEX scheduled_tasks_last_heartbeat ON scheduled_tasks (last_heartbeat);
CREATE INDEX scheduled_tasks_priority ON scheduled_tasks (priority DESC, execution_time ASC);
CREATE INDEX image_share_by_key ON image_share (account_id, region, name, image_id);
CREATE INDEX image_copy_of_source ON image_copy (source_image_id);
CREATE INDEX export_task_by_key ON export_task (account_id, region, created, id);
CREATE INDEX export_task_of_image ON export_task (image_id, state);
CREATE INDEX image_import_of_disk ON image_import (disk_id, ended);
COMMIT;
