-- Moves of an embedded registry into this database: one that was interrupted goes on where it stopped.
CREATE TABLE migration (
  -- What only that registry has.
  source   TEXT PRIMARY KEY,
  begun    BIGINT NOT NULL,
  finished BIGINT
);

-- Objects that were written, read back, and found to be what the source has.
CREATE TABLE migrated_object (
  name TEXT PRIMARY KEY
);
