-- Feeds: what vendors say about the CVEs of their packages. All nodes share what was read of them.
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

-- What the last good content says about the packages of a platform; '' for what is of no platform.
CREATE TABLE feed_facts (
  feed            TEXT NOT NULL REFERENCES feed (name) ON DELETE CASCADE,
  platform        TEXT NOT NULL,
  snapshot        TEXT NOT NULL,
  issues          INTEGER NOT NULL,
  compressed_json BYTEA NOT NULL,
  PRIMARY KEY (feed, platform)
);
