-- The attempt of its job that published a layer: a part of its object's key in a shared store.
ALTER TABLE layer ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
