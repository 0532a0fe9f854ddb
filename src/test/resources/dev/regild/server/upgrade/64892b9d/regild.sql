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
INSERT INTO flyway_schema_history VALUES(1,'1','registry','SQL','V1__registry.sql',1906434446,'','2026-11-30 19:29:16.704',83,1);
INSERT INTO flyway_schema_history VALUES(2,'10','account quota','SQL','V10__account_quota.sql',1528368011,'','2026-11-30 19:29:16.769',0,1);
INSERT INTO flyway_schema_history VALUES(3,'11','published images','SQL','V11__published_images.sql',395760232,'','2026-11-30 19:29:16.801',0,1);
INSERT INTO flyway_schema_history VALUES(4,'12','shares by key','SQL','V12__shares_by_key.sql',-1171536072,'','2026-11-30 19:29:16.839',1,1);
INSERT INTO flyway_schema_history VALUES(5,'20','copies','SQL','V20__copies.sql',423743075,'','2026-11-30 19:29:16.861',0,1);
INSERT INTO flyway_schema_history VALUES(6,'21','export tasks','SQL','V21__export_tasks.sql',495807688,'','2026-11-30 19:29:16.878',0,1);
INSERT INTO flyway_schema_history VALUES(7,'30','imports','SQL','V30__imports.sql',1612117249,'','2026-11-30 19:29:16.914',0,1);
INSERT INTO flyway_schema_history VALUES(8,'31','images counted','SQL','V31__images_counted.sql',222195966,'','2026-11-30 19:29:16.944',1,1);
INSERT INTO flyway_schema_history VALUES(9,'40','job attempts','SQL','V40__job_attempts.sql',-2045199037,'','2026-11-30 19:29:16.951',0,1);
INSERT INTO flyway_schema_history VALUES(10,'47','update options','SQL','V47__update_options.sql',-107431938,'','2026-11-30 19:29:16.961',0,1);
INSERT INTO flyway_schema_history VALUES(11,'60','job steps','SQL','V60__job_steps.sql',-1572487465,'','2026-11-30 19:29:16.973',0,1);
INSERT INTO flyway_schema_history VALUES(12,'70','flattenings','SQL','V70__flattenings.sql',-160872319,'','2026-11-30 19:29:16.981',0,1);
INSERT INTO flyway_schema_history VALUES(13,'81','registry id','SQL','V81__registry_id.sql',197428834,'','2026-11-30 19:29:16.987',0,1);
INSERT INTO flyway_schema_history VALUES(14,'85','insight','SQL','V85__insight.sql',-1075963352,'','2026-11-30 19:29:16.993',0,1);
INSERT INTO flyway_schema_history VALUES(15,'90','layer attempts','SQL','V90__layer_attempts.sql',-589928142,'','2026-11-30 19:29:17.001',0,1);
INSERT INTO flyway_schema_history VALUES(16,'91','store upkeep','SQL','V91__store_upkeep.sql',1805165783,'','2026-11-30 19:29:17.008',3,1);
INSERT INTO flyway_schema_history VALUES(17,'92','statements','SQL','V92__statements.sql',634077587,'','2026-11-30 19:29:17.020',6,1);
INSERT INTO flyway_schema_history VALUES(18,'100','nodes','SQL','V100__nodes.sql',-1605836974,'','2026-11-30 19:29:17.033',1,1);
INSERT INTO flyway_schema_history VALUES(19,'101','disk removals','SQL','V101__disk_removals.sql',-1323417297,'','2026-11-30 19:29:17.045',0,1);
INSERT INTO flyway_schema_history VALUES(20,'110','shared objects','SQL','V110__shared_objects.sql',-1156475012,'','2026-11-30 19:29:17.058',0,1);
INSERT INTO flyway_schema_history VALUES(21,'111','shared channels','SQL','V111__shared_channels.sql',-1743292883,'','2026-11-30 19:29:17.069',0,1);
INSERT INTO flyway_schema_history VALUES(22,'112','migrations','SQL','V112__migrations.sql',-1764463177,'','2026-11-30 19:29:17.073',0,1);
INSERT INTO flyway_schema_history VALUES(23,'120','verdicts','SQL','V120__verdicts.sql',-11023478,'','2026-11-30 19:29:17.077',0,1);
INSERT INTO flyway_schema_history VALUES(24,'121','feeds','SQL','V121__feeds.sql',1871891978,'','2026-11-30 19:29:17.137',0,1);
INSERT INTO flyway_schema_history VALUES(25,'130','package index','SQL','V130__package_index.sql',682162100,'','2026-11-30 19:29:17.144',0,1);
INSERT INTO flyway_schema_history VALUES(26,'131','changelog index','SQL','V131__changelog_index.sql',759710881,'','2026-11-30 19:29:17.146',0,1);
INSERT INTO flyway_schema_history VALUES(27,'132','channel snapshots','SQL','V132__channel_snapshots.sql',-1880821446,'','2026-11-30 19:29:17.157',0,1);
INSERT INTO flyway_schema_history VALUES(28,'133','export statements','SQL','V133__export_statements.sql',1063681969,'','2026-11-30 19:29:17.168',0,1);
INSERT INTO flyway_schema_history VALUES(29,'140','console sessions','SQL','V140__console_sessions.sql',889785233,'','2026-11-30 19:29:17.180',3,1);
INSERT INTO flyway_schema_history VALUES(30,'155','export readers','SQL','V155__export_readers.sql',1470126480,'','2026-11-30 19:29:17.186',0,1);
INSERT INTO flyway_schema_history VALUES(31,'160','people','SQL','V160__people.sql',550783140,'','2026-11-30 19:29:17.202',1,1);
INSERT INTO flyway_schema_history VALUES(32,'161','images by state','SQL','V161__images_by_state.sql',-1038585378,'','2026-11-30 19:29:17.204',0,1);
INSERT INTO flyway_schema_history VALUES(33,'162','boot evidence','SQL','V162__boot_evidence.sql',197926102,'','2026-11-30 19:29:17.213',0,1);
INSERT INTO flyway_schema_history VALUES(34,'170','lines','SQL','V170__lines.sql',-1707581506,'','2026-11-30 19:29:17.221',1,1);
INSERT INTO flyway_schema_history VALUES(35,'171','schedules','SQL','V171__schedules.sql',2045126186,'','2026-11-30 19:29:17.230',1,1);
INSERT INTO flyway_schema_history VALUES(36,'172','notices','SQL','V172__notices.sql',1352940515,'','2026-11-30 19:29:17.233',1,1);
INSERT INTO flyway_schema_history VALUES(37,'175','rings','SQL','V175__rings.sql',-1087752330,'','2026-11-30 19:29:17.237',0,1);
INSERT INTO flyway_schema_history VALUES(38,'176','retention','SQL','V176__retention.sql',-227220124,'','2026-11-30 19:29:17.242',1,1);
INSERT INTO flyway_schema_history VALUES(39,'177','revocations','SQL','V177__revocations.sql',-1638588861,'','2026-11-30 19:29:17.245',0,1);
CREATE TABLE account (
  id      TEXT PRIMARY KEY,
  name    TEXT NOT NULL,
  status  TEXT NOT NULL,
  created BIGINT NOT NULL
);
INSERT INTO account VALUES('900018820082','default','ACTIVE',1796066957437);
CREATE TABLE access_key (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL REFERENCES account (id),
  sealed_secret BYTEA NOT NULL,
  read_only     BOOLEAN NOT NULL,
  enabled       BOOLEAN NOT NULL,
  created       BIGINT NOT NULL
);
INSERT INTO access_key VALUES('AKIAZQAHDCZTFKWXTNQ7','900018820082',X'eaa60367c5e82d681820baa9c422ae6f93076106b7b17147ad7abe5e45a6f5163d2a2980eb5a959dcd54c49eaf57414d6949bdb090e4966e2aa022eeba2630000b30f57b',0,1,1796066957477);
CREATE TABLE layer (
  id            TEXT PRIMARY KEY,
  base_id       TEXT REFERENCES layer (id),
  bytes         BIGINT NOT NULL,
  virtual_bytes BIGINT NOT NULL,
  sha256        TEXT NOT NULL
, attempt INTEGER NOT NULL DEFAULT 1, scrubbed BIGINT NOT NULL DEFAULT 0);
INSERT INTO layer VALUES('base',NULL,14,1073741824,'21f503eb214ff5a0d7a9faeb8be36cc2c5ca7813d1faec9ec6f328459f419ce9',1,0);
INSERT INTO layer VALUES('top','base',14,1073741824,'0a120176e5a875943a110ba26917b55d31667fe98e6e597857c8dfd0ea79f363',1,0);
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
INSERT INTO image VALUES('img-1','900018820082','us-east-1','golden',NULL,NULL,NULL,'AVAILABLE',NULL,NULL,'[]','PRIVATE','CUSTOM',1,'DEBIAN_12','[]',1700000000000,NULL,NULL,1,1,'[]',0,0,'base','8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c','{"firmware":"BIOS","filesystems":[{"mountPoint":"/","device":"/dev/sda1","offset":1048576,"size":1072693248,"type":"ext4","uuid":"","label":"","partitionUuid":""}]}',NULL,NULL,NULL,NULL,NULL);
INSERT INTO image VALUES('img-2','900018820082','us-east-1','golden-updated',NULL,NULL,NULL,'AVAILABLE',NULL,NULL,'[]','PRIVATE','CUSTOM',1,'DEBIAN_12','[]',1700000000000,NULL,NULL,1,1,'[]',0,0,'top','8375cddf1ecf344e8bb2709f95d1e55a90323a90f3a686150dad1ec72428576c','{"firmware":"BIOS","filesystems":[{"mountPoint":"/","device":"/dev/sda1","offset":1048576,"size":1072693248,"type":"ext4","uuid":"","label":"","partitionUuid":""}]}',NULL,NULL,NULL,NULL,NULL);
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
INSERT INTO tag VALUES('arn:aws:appstream:us-east-1:900018820082:image/golden','team','desktop');
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
, options TEXT NOT NULL DEFAULT '{}', asked_by TEXT NOT NULL DEFAULT '');
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
  priority             SMALLINT, attempts INTEGER NOT NULL DEFAULT 0, needs BIGINT NOT NULL DEFAULT 0, needs_bytes BIGINT NOT NULL DEFAULT 0, cancelled BOOLEAN NOT NULL DEFAULT FALSE,
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
, asked_by TEXT NOT NULL DEFAULT '');
CREATE TABLE job_step (
  job_id   TEXT NOT NULL,
  attempt  INTEGER NOT NULL,
  ordinal  INTEGER NOT NULL,
  name     TEXT NOT NULL,
  status   TEXT NOT NULL,
  progress DOUBLE PRECISION NOT NULL,
  detail   TEXT NOT NULL,
  started  BIGINT NOT NULL,
  ended    BIGINT,
  PRIMARY KEY (job_id, attempt, ordinal)
);
CREATE TABLE flattening (
  id           TEXT PRIMARY KEY,
  image_id     TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  image_name   TEXT NOT NULL,
  old_layer_id TEXT NOT NULL,
  depth        INTEGER NOT NULL,
  state        TEXT NOT NULL,
  failure      TEXT,
  created      BIGINT NOT NULL
);
CREATE TABLE retired_layer (
  layer_id    TEXT PRIMARY KEY,
  replaced_by TEXT NOT NULL
);
CREATE TABLE registry (
  id TEXT PRIMARY KEY
);
CREATE TABLE changelog (
  hash            TEXT PRIMARY KEY,
  compressed_json BYTEA NOT NULL,
  read_at         BIGINT NOT NULL
);
CREATE TABLE image_fixes (
  image_id        TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  compressed_json BYTEA NOT NULL
);
CREATE TABLE store_garbage (
  object TEXT NOT NULL,
  -- The id of an unfinished upload of that object, or '' for the object itself.
  upload TEXT NOT NULL,
  seen   BIGINT NOT NULL,
  PRIMARY KEY (object, upload)
);
CREATE TABLE store_task (
  name  TEXT PRIMARY KEY,
  begun BIGINT NOT NULL
);
CREATE TABLE signing_key (
  serial             INTEGER PRIMARY KEY,
  -- SHA-256 of the public key's SubjectPublicKeyInfo, which signatures name.
  id                 TEXT NOT NULL UNIQUE,
  public_key         BYTEA NOT NULL,
  sealed_private_key BYTEA NOT NULL,
  created            BIGINT NOT NULL
);
INSERT INTO signing_key VALUES(1,'d6621277690345115c2ce4c3e17dc88c590451c4c0999b6bb71e03169623157b',X'302a300506032b6570032100466b5680ed30d1f8bd4b9ed824b3d3cde50d179590847e68a889b828ee04dfe2',X'b7520e7bbdb2248b0edc60955e8ef30fc67fdbfae4d07bd475107faa6d24d17f5daac7c4ca617018610c4fa83c85c81344ffee0eae26236cae0eea5ab82d7aad7878d0147a9eeaf9f706403d7496009b97ae8abadd4baea986f76923',1796066957570);
CREATE TABLE statement (
  image_id            TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  number              INTEGER NOT NULL,
  compressed_envelope BYTEA NOT NULL,
  PRIMARY KEY (image_id, number)
);
CREATE TABLE node (
  name        TEXT PRIMARY KEY,
  -- Of its data directory: a node that starts again is told from another one of the same name.
  directory   TEXT NOT NULL,
  -- Of its process.
  instance    TEXT NOT NULL,
  host        TEXT NOT NULL,
  version     TEXT NOT NULL,
  role        TEXT NOT NULL,
  since       BIGINT NOT NULL,
  heartbeat   BIGINT NOT NULL,
  -- When it was stopped in order; 0 while it runs, and after a crash.
  stopped     BIGINT NOT NULL,
  workers     INTEGER NOT NULL,
  abilities   BIGINT NOT NULL,
  free_bytes  BIGINT NOT NULL,
  accelerator TEXT NOT NULL,
  isolation   TEXT NOT NULL,
  store       TEXT NOT NULL,
  draining    BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE turn (
  name   TEXT PRIMARY KEY,
  -- The instance of the node that has it; '' for none.
  holder TEXT NOT NULL,
  begun  BIGINT NOT NULL
);
CREATE TABLE schema_floor (
  version INTEGER NOT NULL
);
INSERT INTO schema_floor VALUES(100);
CREATE TABLE disk_removal (
  disk_id      TEXT PRIMARY KEY,
  -- Whether a disk of that id that was exported, not uploaded, stays.
  uploads_only BOOLEAN NOT NULL
);
CREATE TABLE stored_object (
  name     TEXT PRIMARY KEY,
  bytes    BIGINT NOT NULL,
  sha256   TEXT NOT NULL,
  written  BIGINT NOT NULL,
  -- When the object was last read and found unchanged.
  scrubbed BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE disk (
  id         TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  origin     TEXT NOT NULL,
  format     TEXT NOT NULL,
  object     TEXT NOT NULL REFERENCES stored_object (name),
  received   BIGINT NOT NULL,
  -- What the disk was unpacked from, as JSON; null if it came as it is.
  packed     TEXT
);
CREATE TABLE upload (
  -- The id that the disk will have.
  id         TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  object     TEXT NOT NULL,
  -- The store's id of the multipart upload.
  multipart  TEXT NOT NULL,
  -- The size that the client declared; null if it did not.
  declared   BIGINT,
  received   BIGINT NOT NULL DEFAULT 0,
  -- The state of the SHA-256 of all that was received.
  digest     BYTEA NOT NULL,
  -- Who appended last. An earlier one's parts no longer count.
  appender   TEXT NOT NULL DEFAULT '',
  -- The number of the next part, which no other request has sent a part under.
  next_part  INTEGER NOT NULL DEFAULT 1,
  begun      BIGINT NOT NULL,
  touched    BIGINT NOT NULL
);
CREATE TABLE upload_part (
  upload_id TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
  number    INTEGER NOT NULL,
  tag       TEXT NOT NULL,
  bytes     BIGINT NOT NULL,
  PRIMARY KEY (upload_id, number)
);
CREATE TABLE channel (
  name       TEXT PRIMARY KEY,
  -- As in the channel's file.
  definition TEXT NOT NULL,
  -- The digest of the current snapshot; null before the first refresh.
  snapshot   TEXT,
  -- What is remembered of the last refreshes, as JSON; null before the first.
  state      TEXT,
  -- Grows with each change of the channel.
  revision   BIGINT NOT NULL
);
CREATE TABLE channel_secret (
  path   TEXT PRIMARY KEY,
  sealed BYTEA NOT NULL
);
CREATE TABLE catalogue_file (
  channel TEXT NOT NULL REFERENCES channel (name) ON DELETE CASCADE,
  path    TEXT NOT NULL,
  object  TEXT NOT NULL REFERENCES stored_object (name),
  PRIMARY KEY (channel, path)
);
CREATE TABLE snapshot (
  digest TEXT PRIMARY KEY,
  -- When it was made, or stopped being current: a moment later an update may still choose it.
  kept   BIGINT NOT NULL
);
CREATE TABLE snapshot_file (
  digest TEXT NOT NULL REFERENCES snapshot (digest) ON DELETE CASCADE,
  path   TEXT NOT NULL,
  object TEXT NOT NULL REFERENCES stored_object (name),
  PRIMARY KEY (digest, path)
);
CREATE TABLE channel_revision (
  revision BIGINT NOT NULL
);
INSERT INTO channel_revision VALUES(0);
CREATE TABLE package_file (
  hash   TEXT PRIMARY KEY,
  object TEXT NOT NULL REFERENCES stored_object (name),
  used   BIGINT NOT NULL
);
CREATE TABLE master_key_proof (
  sealed BYTEA NOT NULL
);
CREATE TABLE migration (
  -- What only that registry has.
  source   TEXT PRIMARY KEY,
  begun    BIGINT NOT NULL,
  finished BIGINT
);
CREATE TABLE migrated_object (
  name TEXT PRIMARY KEY
);
CREATE TABLE verdict (
  inventory_digest     TEXT PRIMARY KEY REFERENCES inventory (digest) ON DELETE CASCADE,
  platform             TEXT NOT NULL,
  -- What it was judged by: it is judged again when its platform has another basis.
  basis                TEXT NOT NULL,
  judged_at            BIGINT NOT NULL,
  -- CURRENT, OUTDATED or UNKNOWN.
  state                TEXT NOT NULL,
  -- Why it is UNKNOWN, and what to do.
  reason               TEXT NOT NULL,
  snapshot_digest      TEXT,
  -- When the first snapshot was made that had something for this inventory.
  outdated_since       BIGINT,
  changes              INTEGER NOT NULL,
  security_changes     INTEGER NOT NULL,
  -- CVEs that an update would fix, and packages whose changelogs are not known.
  fixable_cves         INTEGER NOT NULL,
  fixable_kernel_cves  INTEGER NOT NULL,
  fixable_unknown      INTEGER NOT NULL,
  -- When the newest changelog was read that was known.
  changelogs_at        BIGINT NOT NULL,
  -- CVEs that are open by the feeds; null where no feed says anything of the platform.
  open_cves            INTEGER,
  open_kernel_cves     INTEGER,
  wont_fix_cves        INTEGER,
  -- Of all that are open or stay so, those that are known to be exploited; null without such a feed.
  exploited_cves       INTEGER,
  -- When the support of the release ends, and that of the long term; null where it is not known.
  support_ends         BIGINT,
  long_support_ends    BIGINT,
  -- Installed source packages without, or with limited, security support; null where not known.
  unsupported_packages INTEGER
);
CREATE TABLE known_package (
  id           INTEGER PRIMARY KEY,
  -- They come from images and may be long. A row of an index in PostgreSQL may not.
  facts_sha256 TEXT NOT NULL UNIQUE,
  facts        TEXT NOT NULL
);
CREATE TABLE inventory_form (
  inventory_digest TEXT PRIMARY KEY REFERENCES inventory (digest) ON DELETE CASCADE,
  -- The inventory without its packages, as JSON.
  setting          TEXT NOT NULL,
  packages         BYTEA NOT NULL
);
CREATE TABLE feed (
  name         TEXT PRIMARY KEY,
  -- Its kind, where it comes from, and how it is verified, as JSON.
  settings     TEXT NOT NULL,
  -- SHA-256 of the last good content, and when it was read.
  snapshot     TEXT,
  snapshot_at  BIGINT,
  -- How its origin was verified.
  verified     TEXT,
  attempted_at BIGINT,
  checked_at   BIGINT,
  error        TEXT,
  validators   TEXT NOT NULL
);
CREATE TABLE feed_facts (
  feed            TEXT NOT NULL REFERENCES feed (name) ON DELETE CASCADE,
  platform        TEXT NOT NULL,
  snapshot        TEXT NOT NULL,
  issues          INTEGER NOT NULL,
  compressed_json BYTEA NOT NULL,
  PRIMARY KEY (feed, platform)
);
CREATE TABLE package_version (
  -- Computed from what follows.
  id             BIGINT PRIMARY KEY,
  platform       TEXT NOT NULL,
  name           TEXT NOT NULL,
  architecture   TEXT NOT NULL,
  version        TEXT NOT NULL,
  -- Empty in an inventory that was stored before sources were read.
  source         TEXT NOT NULL,
  source_version TEXT NOT NULL
);
CREATE TABLE indexed_inventory (
  id     INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  -- Whether all of its packages are in the index.
  whole  BOOLEAN NOT NULL
);
CREATE TABLE package_inventories (
  package_id BIGINT NOT NULL,
  block      INTEGER NOT NULL,
  members    BYTEA NOT NULL,
  PRIMARY KEY (package_id, block)
);
CREATE TABLE image_history (
  image_id     TEXT PRIMARY KEY,
  account_id   TEXT NOT NULL,
  region       TEXT NOT NULL,
  name         TEXT NOT NULL,
  platform     TEXT NOT NULL,
  inventory_id INTEGER NOT NULL,
  created      BIGINT NOT NULL,
  deleted      BIGINT
);
CREATE TABLE changelog_package (
  hash           TEXT PRIMARY KEY REFERENCES changelog (hash) ON DELETE CASCADE,
  name           TEXT NOT NULL,
  version        TEXT NOT NULL,
  source         TEXT NOT NULL,
  source_version TEXT NOT NULL
);
CREATE TABLE cve_source (
  cve    TEXT NOT NULL,
  source TEXT NOT NULL,
  PRIMARY KEY (cve, source)
);
CREATE TABLE channel_snapshot (
  channel TEXT NOT NULL,
  since   BIGINT NOT NULL,
  digest  TEXT NOT NULL,
  PRIMARY KEY (channel, since)
);
CREATE TABLE export_statement (
  account_id          TEXT NOT NULL,
  sha256              TEXT NOT NULL,
  image_name          TEXT NOT NULL,
  created             BIGINT NOT NULL,
  compressed_envelope BYTEA NOT NULL,
  compressed_bill     BYTEA NOT NULL, by_reader BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (account_id, sha256)
);
CREATE TABLE console_session (
  id            TEXT PRIMARY KEY,
  token_hash    TEXT NOT NULL UNIQUE,
  -- The token before the last rotation, which requests that were already on their way still carry.
  previous_hash TEXT UNIQUE,
  rotated       BIGINT NOT NULL,
  key_id        TEXT NOT NULL REFERENCES access_key (id) ON DELETE CASCADE,
  region        TEXT NOT NULL,
  created       BIGINT NOT NULL,
  last_seen     BIGINT NOT NULL,
  address       TEXT NOT NULL,
  browser       TEXT NOT NULL
);
CREATE TABLE console_login_code (
  code_hash TEXT PRIMARY KEY,
  key_id    TEXT NOT NULL REFERENCES access_key (id) ON DELETE CASCADE,
  region    TEXT NOT NULL,
  expires   BIGINT NOT NULL
);
CREATE TABLE person (
  key_id     TEXT PRIMARY KEY REFERENCES access_key (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL REFERENCES account (id),
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  name       TEXT NOT NULL,
  UNIQUE (issuer, subject, account_id)
);
CREATE TABLE boot_evidence (
  image_id           TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  reported           BIGINT NOT NULL,
  took_millis        BIGINT NOT NULL,
  compressed_console BYTEA NOT NULL,
  -- A PNG; null if the screen could not be taken.
  screen             BYTEA
);
CREATE TABLE console_view (
  account_id TEXT NOT NULL,
  name       TEXT NOT NULL,
  query      TEXT NOT NULL,
  PRIMARY KEY (account_id, name)
);
CREATE TABLE line (
  id         TEXT PRIMARY KEY,
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  name       TEXT NOT NULL,
  created    BIGINT NOT NULL,
  UNIQUE (account_id, region, name)
);
CREATE TABLE line_image (
  image_id TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  line_id  TEXT NOT NULL REFERENCES line (id) ON DELETE CASCADE
);
CREATE TABLE alias (
  line_id  TEXT NOT NULL REFERENCES line (id),
  -- Without the line's name: prod.
  name     TEXT NOT NULL,
  -- The reference keeps the image from being deleted.
  image_id TEXT NOT NULL REFERENCES image (id),
  moved    BIGINT NOT NULL,
  PRIMARY KEY (line_id, name)
);
CREATE TABLE alias_move (
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  line       TEXT NOT NULL,
  name       TEXT NOT NULL,
  number     INTEGER NOT NULL,
  -- SET, ROLLBACK or REMOVE.
  act        TEXT NOT NULL,
  -- What the alias named from then on; null once it was removed.
  image_id   TEXT,
  image_name TEXT,
  moved      BIGINT NOT NULL,
  -- The access key or the policy that moved it.
  moved_by   TEXT NOT NULL,
  PRIMARY KEY (account_id, region, line, name, number)
);
CREATE TABLE event (
  number     BIGINT PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  -- Both are empty for what concerns all accounts, such as a new snapshot.
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  type       TEXT NOT NULL,
  -- The image, the channel, or what else it happened to.
  subject    TEXT NOT NULL,
  happened   BIGINT NOT NULL,
  -- What the type of event says, as JSON.
  payload    TEXT NOT NULL
);
CREATE TABLE event_number (
  last BIGINT NOT NULL
);
INSERT INTO event_number VALUES(0);
CREATE TABLE schedule (
  id           TEXT PRIMARY KEY,
  account_id   TEXT NOT NULL,
  region       TEXT NOT NULL,
  name         TEXT NOT NULL,
  -- In canonical form, as JSON.
  spec         TEXT NOT NULL,
  enabled      BOOLEAN NOT NULL,
  -- Why Regild disabled it; empty if somebody did, or nobody has.
  disabled_why TEXT NOT NULL,
  -- Its times up to this one have been seen to.
  seen         BIGINT NOT NULL,
  -- Updates that failed in a row.
  failures     INTEGER NOT NULL,
  created      BIGINT NOT NULL,
  UNIQUE (account_id, region, name)
);
CREATE TABLE schedule_run (
  schedule_id TEXT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
  due         BIGINT NOT NULL,
  began       BIGINT NOT NULL,
  -- The access key that asked for it; empty if it was due.
  asked_by    TEXT NOT NULL,
  -- What is to be known of the run as a whole; often empty.
  note        TEXT NOT NULL,
  ended       BIGINT,
  PRIMARY KEY (schedule_id, due)
);
CREATE TABLE schedule_decision (
  schedule_id   TEXT NOT NULL,
  due           BIGINT NOT NULL,
  line          TEXT NOT NULL,
  -- The order of the updates of a run. The first ones are the canaries.
  ordinal       INTEGER NOT NULL,
  -- NOT_NEEDED, WAITING, UPDATING, SUCCEEDED, FAILED or STOPPED.
  outcome       TEXT NOT NULL,
  reason        TEXT NOT NULL,
  image_name    TEXT NOT NULL,
  snapshot      TEXT NOT NULL,
  changes       INTEGER NOT NULL,
  new_image     TEXT NOT NULL,
  new_image_id  TEXT NOT NULL,
  decided       BIGINT NOT NULL,
  PRIMARY KEY (schedule_id, due, line),
  FOREIGN KEY (schedule_id, due) REFERENCES schedule_run (schedule_id, due) ON DELETE CASCADE
);
CREATE TABLE notice (
  id            TEXT PRIMARY KEY,
  account_id    TEXT NOT NULL,
  region        TEXT NOT NULL,
  name          TEXT NOT NULL,
  -- In canonical form, as JSON.
  spec          TEXT NOT NULL,
  -- What deliveries are signed with, encrypted with the master key.
  sealed_secret BYTEA NOT NULL,
  -- The number of the last event that was looked at.
  seen          BIGINT NOT NULL,
  delivered     BIGINT NOT NULL,
  given_up      BIGINT NOT NULL,
  -- Why the last attempt failed; empty if it did not.
  problem       TEXT NOT NULL,
  created       BIGINT NOT NULL,
  UNIQUE (account_id, region, name)
);
CREATE TABLE notice_delivery (
  notice_id TEXT NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
  event     BIGINT NOT NULL,
  subject   TEXT NOT NULL,
  attempts  INTEGER NOT NULL,
  next_try  BIGINT NOT NULL,
  PRIMARY KEY (notice_id, event)
);
CREATE TABLE update_announced (
  image_id       TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  outdated_since BIGINT NOT NULL
);
CREATE TABLE ring (
  id              TEXT PRIMARY KEY,
  channel         TEXT NOT NULL,
  name            TEXT NOT NULL,
  -- The name of the ring whose snapshot is promoted to it; null if it follows the repositories.
  source          TEXT,
  -- The snapshot that it stands on; null before the first promotion, and if it follows.
  snapshot_digest TEXT,
  since           BIGINT,
  -- What a promotion to it asks for.
  least_qualified INTEGER NOT NULL,
  least_age       BIGINT NOT NULL,
  created         BIGINT NOT NULL,
  UNIQUE (channel, name)
);
CREATE TABLE ring_line (
  line_id TEXT PRIMARY KEY REFERENCES line (id) ON DELETE CASCADE,
  ring_id TEXT NOT NULL REFERENCES ring (id)
);
CREATE TABLE ring_move (
  channel       TEXT NOT NULL,
  ring          TEXT NOT NULL,
  number        INTEGER NOT NULL,
  -- PROMOTE or ROLLBACK.
  act           TEXT NOT NULL,
  -- The ring that the snapshot came from; null for a rollback.
  source        TEXT,
  from_snapshot TEXT,
  -- Null for a rollback to the time before the first promotion.
  to_snapshot   TEXT,
  moved         BIGINT NOT NULL,
  -- The access key or the policy that moved it.
  moved_by      TEXT NOT NULL,
  -- Why a gate was overridden; empty if none was.
  override_reason TEXT NOT NULL,
  PRIMARY KEY (channel, ring, number)
);
CREATE TABLE ring_verdict (
  ring_id              TEXT NOT NULL REFERENCES ring (id) ON DELETE CASCADE,
  inventory_digest     TEXT NOT NULL REFERENCES inventory (digest) ON DELETE CASCADE,
  platform             TEXT NOT NULL,
  basis                TEXT NOT NULL,
  judged_at            BIGINT NOT NULL,
  state                TEXT NOT NULL,
  reason               TEXT NOT NULL,
  snapshot_digest      TEXT,
  outdated_since       BIGINT,
  changes              INTEGER NOT NULL,
  security_changes     INTEGER NOT NULL,
  fixable_cves         INTEGER NOT NULL,
  fixable_kernel_cves  INTEGER NOT NULL,
  fixable_unknown      INTEGER NOT NULL,
  changelogs_at        BIGINT NOT NULL,
  open_cves            INTEGER,
  open_kernel_cves     INTEGER,
  wont_fix_cves        INTEGER,
  exploited_cves       INTEGER,
  support_ends         BIGINT,
  long_support_ends    BIGINT,
  unsupported_packages INTEGER,
  PRIMARY KEY (ring_id, inventory_digest)
);
CREATE TABLE retention (
  line_id         TEXT PRIMARY KEY REFERENCES line (id) ON DELETE CASCADE,
  -- The newest images of the line, which are kept.
  keep_images     INTEGER NOT NULL,
  -- Images that are younger are kept.
  keep_age        BIGINT NOT NULL,
  -- How long an image is deprecated before it is deleted.
  deprecated_time BIGINT NOT NULL,
  -- How long a deletion can be undone.
  undo_time       BIGINT NOT NULL,
  enabled         BOOLEAN NOT NULL,
  changed         BIGINT NOT NULL,
  last_run        BIGINT
);
CREATE TABLE deprecated_image (
  image_id   TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  since      BIGINT NOT NULL
);
CREATE TABLE binned_image (
  image_id   TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  name       TEXT NOT NULL,
  -- The line that deleted it.
  line       TEXT NOT NULL,
  deleted    BIGINT NOT NULL,
  -- When its layers are deleted.
  ends       BIGINT NOT NULL
);
CREATE TABLE revocation (
  id          TEXT PRIMARY KEY,
  account_id  TEXT NOT NULL,
  region      TEXT NOT NULL,
  -- The image that was named; null for a package.
  image_id    TEXT,
  image_name  TEXT,
  -- The package that was named, and the range of its versions; an empty range is every version.
  package     TEXT,
  versions    TEXT,
  -- Whether images that were updated from these are revoked too.
  descendants BOOLEAN NOT NULL,
  reason      TEXT NOT NULL,
  created     BIGINT NOT NULL,
  -- The access key that asked for it.
  created_by  TEXT NOT NULL,
  undone      BIGINT,
  undone_by   TEXT
);
CREATE TABLE revoked_image (
  revocation_id TEXT NOT NULL REFERENCES revocation (id) ON DELETE CASCADE,
  image_id      TEXT NOT NULL,
  name          TEXT NOT NULL,
  -- NAMED, PACKAGE, DESCENDANT or COPY.
  relation      TEXT NOT NULL,
  -- The package and its version, or the image that it descends from.
  cause         TEXT NOT NULL,
  PRIMARY KEY (revocation_id, image_id)
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
CREATE INDEX flattening_of_image ON flattening (image_id, state);
CREATE INDEX changelog_by_age ON changelog (read_at);
CREATE INDEX stored_object_by_content ON stored_object (sha256);
CREATE INDEX stored_object_by_scrub ON stored_object (scrubbed, name);
CREATE INDEX disk_by_account ON disk (account_id, received, id);
CREATE INDEX disk_by_object ON disk (object);
CREATE INDEX upload_by_account ON upload (account_id, begun, id);
CREATE INDEX catalogue_file_by_object ON catalogue_file (object);
CREATE INDEX snapshot_file_by_object ON snapshot_file (object);
CREATE INDEX package_file_by_object ON package_file (object);
CREATE INDEX verdict_by_basis ON verdict (platform, basis);
CREATE INDEX verdict_by_age ON verdict (outdated_since);
CREATE INDEX package_version_by_name ON package_version (name);
CREATE INDEX package_version_by_source ON package_version (source);
CREATE INDEX package_inventories_of_block ON package_inventories (block);
CREATE INDEX image_history_by_name
  ON image_history (account_id, region, name, image_id, inventory_id, deleted);
CREATE INDEX image_history_of_inventory ON image_history (inventory_id);
CREATE INDEX image_history_deleted ON image_history (deleted);
CREATE INDEX changelog_of_package ON changelog_package (name, version);
CREATE INDEX cve_of_source ON cve_source (source);
CREATE INDEX channel_snapshot_of_digest ON channel_snapshot (digest);
CREATE INDEX export_statement_by_age ON export_statement (created);
CREATE INDEX console_session_of_key ON console_session (key_id, created);
CREATE INDEX console_session_by_age ON console_session (created);
CREATE INDEX image_by_creation ON image (account_id, region, created, id);
CREATE INDEX image_by_platform ON image (account_id, region, platform);
CREATE INDEX image_by_state ON image (account_id, region, state, created, id);
CREATE INDEX line_image_of_line ON line_image (line_id, image_id);
CREATE INDEX alias_of_image ON alias (image_id);
CREATE INDEX event_of_account ON event (account_id, number);
CREATE INDEX schedule_run_in_progress ON schedule_run (ended, schedule_id, due);
CREATE INDEX notice_delivery_of_subject ON notice_delivery (notice_id, subject, event);
CREATE INDEX ring_line_of_ring ON ring_line (ring_id);
CREATE INDEX update_run_to_snapshot ON update_run (snapshot_digest);
CREATE INDEX ring_verdict_of_inventory ON ring_verdict (inventory_digest);
CREATE INDEX binned_image_of_owner ON binned_image (account_id, region, name);
CREATE INDEX binned_image_by_end ON binned_image (ends);
CREATE INDEX revocation_of_owner ON revocation (account_id, region, created);
CREATE INDEX revoked_image_by_image ON revoked_image (image_id);
COMMIT;
