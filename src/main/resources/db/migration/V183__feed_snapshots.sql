-- The last good contents of each feed: the one that counts, and earlier ones that may count instead.
CREATE TABLE feed_snapshot (
  feed     TEXT NOT NULL REFERENCES feed (name) ON DELETE CASCADE,
  digest   TEXT NOT NULL,
  -- The order of a feed's snapshots.
  read_at  BIGINT NOT NULL,
  verified TEXT NOT NULL,
  PRIMARY KEY (feed, digest)
);

CREATE TABLE feed_snapshot_facts (
  feed            TEXT NOT NULL,
  digest          TEXT NOT NULL,
  platform        TEXT NOT NULL,
  issues          INTEGER NOT NULL,
  compressed_json BYTEA NOT NULL,
  PRIMARY KEY (feed, digest, platform),
  FOREIGN KEY (feed, digest) REFERENCES feed_snapshot (feed, digest) ON DELETE CASCADE
);

-- The snapshot that counts whatever is read later; null for the newest.
ALTER TABLE feed ADD COLUMN held TEXT;

INSERT INTO feed_snapshot (feed, digest, read_at, verified)
SELECT name, snapshot, snapshot_at, COALESCE(verified, '') FROM feed WHERE snapshot IS NOT NULL;

INSERT INTO feed_snapshot_facts (feed, digest, platform, issues, compressed_json)
SELECT feed_facts.feed, feed_facts.snapshot, feed_facts.platform, feed_facts.issues,
       feed_facts.compressed_json
  FROM feed_facts
  JOIN feed ON feed.name = feed_facts.feed AND feed.snapshot = feed_facts.snapshot;
