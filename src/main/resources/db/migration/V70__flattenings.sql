-- A layer that stands alone and takes the place of an image's chain of layers. The id is that of the
-- new layer, and of the job.
CREATE TABLE flattening (
  id           TEXT PRIMARY KEY,
  image_id     TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  image_name   TEXT NOT NULL,
  old_layer_id TEXT NOT NULL,
  depth        INTEGER NOT NULL,
  state        TEXT NOT NULL,
  failure      TEXT,
  created      BIGINT NOT NULL
);

CREATE INDEX flattening_of_image ON flattening (image_id, state);

-- Layers whose place another has taken, but which jobs that began before may still read.
CREATE TABLE retired_layer (
  layer_id    TEXT PRIMARY KEY,
  replaced_by TEXT NOT NULL
);
