-- Who is told of events. Times are epoch milliseconds.
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

-- Events that are still to be delivered. Of one subject, the earliest goes first.
CREATE TABLE notice_delivery (
  notice_id TEXT NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
  event     BIGINT NOT NULL,
  subject   TEXT NOT NULL,
  attempts  INTEGER NOT NULL,
  next_try  BIGINT NOT NULL,
  PRIMARY KEY (notice_id, event)
);

CREATE INDEX notice_delivery_of_subject ON notice_delivery (notice_id, subject, event);

-- Images of which it was told that an update is available, and since when it is.
CREATE TABLE update_announced (
  image_id       TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  outdated_since BIGINT NOT NULL
);
