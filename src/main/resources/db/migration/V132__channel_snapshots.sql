-- Since when a channel had a snapshot, as long as the snapshot is kept.
CREATE TABLE channel_snapshot (
  channel TEXT NOT NULL,
  since   BIGINT NOT NULL,
  digest  TEXT NOT NULL,
  PRIMARY KEY (channel, since)
);

CREATE INDEX channel_snapshot_of_digest ON channel_snapshot (digest);
