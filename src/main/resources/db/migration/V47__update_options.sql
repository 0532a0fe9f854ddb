-- What the operator allows an update beyond what every update does, as JSON.
ALTER TABLE update_run ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
