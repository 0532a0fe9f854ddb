-- Which images of a line are deleted, and when. Times are epoch milliseconds, durations milliseconds.
CREATE TABLE retention (
  line_id         TEXT PRIMARY KEY REFERENCES line (id) ON DELETE CASCADE,
  -- The newest images of the line, which are kept.
  keep_images     INTEGER NOT NULL,
  -- Images that are younger are kept.
  keep_age        BIGINT NOT NULL,
  -- How long an image is deprecated before it is deleted.
  deprecated_time BIGINT NOT NULL,
  -- How long a deletion can be undone.
  undo_time       BIGINT NOT NULL,
  enabled         BOOLEAN NOT NULL,
  changed         BIGINT NOT NULL,
  last_run        BIGINT
);

CREATE TABLE deprecated_image (
  image_id   TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  since      BIGINT NOT NULL
);

-- Images that a policy has deleted, as long as that can be undone. Their rows in image have an owner
-- of their own, so that nobody sees them.
CREATE TABLE binned_image (
  image_id   TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL,
  region     TEXT NOT NULL,
  name       TEXT NOT NULL,
  -- The line that deleted it.
  line       TEXT NOT NULL,
  deleted    BIGINT NOT NULL,
  -- When its layers are deleted.
  ends       BIGINT NOT NULL
);

CREATE INDEX binned_image_of_owner ON binned_image (account_id, region, name);
CREATE INDEX binned_image_by_end ON binned_image (ends);
