-- How the images with an inventory stand, judged once for all of them. Times are epoch milliseconds.
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

CREATE INDEX verdict_by_basis ON verdict (platform, basis);
CREATE INDEX verdict_by_age ON verdict (outdated_since);

-- The packages of all inventories, each once, and the inventories as lists of their numbers: a judge
-- compares each package once, however many inventories have it.
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
