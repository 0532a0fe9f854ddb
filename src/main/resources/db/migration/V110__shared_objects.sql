-- Objects of the store other than layers. Each is written once, under a key of its own.
CREATE TABLE stored_object (
  name     TEXT PRIMARY KEY,
  bytes    BIGINT NOT NULL,
  sha256   TEXT NOT NULL,
  written  BIGINT NOT NULL,
  -- When the object was last read and found unchanged.
  scrubbed BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX stored_object_by_content ON stored_object (sha256);
CREATE INDEX stored_object_by_scrub ON stored_object (scrubbed, name);

-- Uploaded and exported disks whose files are objects.
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

CREATE INDEX disk_by_account ON disk (account_id, received, id);
CREATE INDEX disk_by_object ON disk (object);

-- Uploads that are not complete. Any node takes the next bytes.
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

CREATE INDEX upload_by_account ON upload (account_id, begun, id);

CREATE TABLE upload_part (
  upload_id TEXT NOT NULL REFERENCES upload (id) ON DELETE CASCADE,
  number    INTEGER NOT NULL,
  tag       TEXT NOT NULL,
  bytes     BIGINT NOT NULL,
  PRIMARY KEY (upload_id, number)
);
