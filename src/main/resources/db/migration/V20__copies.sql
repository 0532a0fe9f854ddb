-- The image that another one is being copied from; the row goes when the copy has ended.
CREATE TABLE image_copy (
  image_id        TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  source_image_id TEXT NOT NULL
);

CREATE INDEX image_copy_of_source ON image_copy (source_image_id);
