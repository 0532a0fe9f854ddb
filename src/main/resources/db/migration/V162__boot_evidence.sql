-- What was seen of the boot of an image's qualification.
CREATE TABLE boot_evidence (
  image_id           TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  reported           BIGINT NOT NULL,
  took_millis        BIGINT NOT NULL,
  compressed_console BYTEA NOT NULL,
  -- A PNG; null if the screen could not be taken.
  screen             BYTEA
);

-- Filters of the page of images, by the names that an account gives them.
CREATE TABLE console_view (
  account_id TEXT NOT NULL,
  name       TEXT NOT NULL,
  query      TEXT NOT NULL,
  PRIMARY KEY (account_id, name)
);
