-- The index of searches: which version of which package is in which inventory.
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

CREATE INDEX package_version_by_name ON package_version (name);
CREATE INDEX package_version_by_source ON package_version (source);

CREATE TABLE indexed_inventory (
  id     INTEGER PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  -- Whether all of its packages are in the index.
  whole  BOOLEAN NOT NULL
);

-- The inventories with a package: of each 1,024 numbers of inventories, one bit each.
CREATE TABLE package_inventories (
  package_id BIGINT NOT NULL,
  block      INTEGER NOT NULL,
  members    BYTEA NOT NULL,
  PRIMARY KEY (package_id, block)
);

CREATE INDEX package_inventories_of_block ON package_inventories (block);

-- Every image that has or had a disk, with its inventory. A deleted image stays for a while. A public
-- image stays with the account that made it public.
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

CREATE INDEX image_history_by_name
  ON image_history (account_id, region, name, image_id, inventory_id, deleted);
CREATE INDEX image_history_of_inventory ON image_history (inventory_id);
CREATE INDEX image_history_deleted ON image_history (deleted);
