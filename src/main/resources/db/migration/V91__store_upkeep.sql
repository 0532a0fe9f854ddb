-- What is in the store and needed by no layer, since when: it is removed after a time of grace.
CREATE TABLE store_garbage (
  object TEXT NOT NULL,
  -- The id of an unfinished upload of that object, or '' for the object itself.
  upload TEXT NOT NULL,
  seen   BIGINT NOT NULL,
  PRIMARY KEY (object, upload)
);

-- When a node last began each of the store's recurring tasks: one at a time does each.
CREATE TABLE store_task (
  name  TEXT PRIMARY KEY,
  begun BIGINT NOT NULL
);

-- When the object of a layer was last read and found unchanged.
ALTER TABLE layer ADD COLUMN scrubbed BIGINT NOT NULL DEFAULT 0;
