-- The channels of nodes that share a store. The files of each node are copies of what these rows say.
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

-- Credentials of repositories and client certificates, encrypted with the master key.
CREATE TABLE channel_secret (
  path   TEXT PRIMARY KEY,
  sealed BYTEA NOT NULL
);

-- The files of the channels' catalogues.
CREATE TABLE catalogue_file (
  channel TEXT NOT NULL REFERENCES channel (name) ON DELETE CASCADE,
  path    TEXT NOT NULL,
  object  TEXT NOT NULL REFERENCES stored_object (name),
  PRIMARY KEY (channel, path)
);

CREATE INDEX catalogue_file_by_object ON catalogue_file (object);

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

CREATE INDEX snapshot_file_by_object ON snapshot_file (object);

-- Counts the changes of channels and their secrets. One row.
CREATE TABLE channel_revision (
  revision BIGINT NOT NULL
);

INSERT INTO channel_revision (revision) VALUES (0);

-- Packages that updates have downloaded, by the hash of their index.
CREATE TABLE package_file (
  hash   TEXT PRIMARY KEY,
  object TEXT NOT NULL REFERENCES stored_object (name),
  used   BIGINT NOT NULL
);

CREATE INDEX package_file_by_object ON package_file (object);

-- A text that is encrypted with the master key, by which a node finds that it has another one. One row.
CREATE TABLE master_key_proof (
  sealed BYTEA NOT NULL
);
