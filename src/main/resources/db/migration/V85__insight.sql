-- What was read of package files: of the same content it is always the same.
CREATE TABLE changelog (
  hash            TEXT PRIMARY KEY,
  compressed_json BYTEA NOT NULL,
  read_at         BIGINT NOT NULL
);

CREATE INDEX changelog_by_age ON changelog (read_at);

-- What the update fixed that made the image.
CREATE TABLE image_fixes (
  image_id        TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  compressed_json BYTEA NOT NULL
);
