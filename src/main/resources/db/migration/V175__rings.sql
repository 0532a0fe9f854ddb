-- Rings of channels, and the lines whose images follow them. Times are epoch milliseconds.
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

-- A line follows one ring at most.
CREATE TABLE ring_line (
  line_id TEXT PRIMARY KEY REFERENCES line (id) ON DELETE CASCADE,
  ring_id TEXT NOT NULL REFERENCES ring (id)
);

CREATE INDEX ring_line_of_ring ON ring_line (ring_id);

-- Every promotion and rollback. It outlives the ring, the channel and the snapshots.
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

CREATE INDEX update_run_to_snapshot ON update_run (snapshot_digest);

-- As verdict, for the images of lines that follow a ring which stands on a snapshot.
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

CREATE INDEX ring_verdict_of_inventory ON ring_verdict (inventory_digest);
