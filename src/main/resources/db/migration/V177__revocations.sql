-- Images that are not to be used any more, and why. Times are epoch milliseconds.
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

CREATE INDEX revocation_of_owner ON revocation (account_id, region, created);

-- The images that a revocation is about, deleted ones included: there may be exports of them.
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

CREATE INDEX revoked_image_by_image ON revoked_image (image_id);
