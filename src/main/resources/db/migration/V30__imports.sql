-- What each imported image was asked for, and of which disk it is made. Until the import has ended,
-- the disk is in use.
CREATE TABLE image_import (
  image_id               TEXT PRIMARY KEY REFERENCES image (id) ON DELETE CASCADE,
  disk_id                TEXT NOT NULL,
  agent_software_version TEXT,
  validated              BOOLEAN NOT NULL,
  intended_instance_type TEXT,
  ended                  BOOLEAN NOT NULL
);

CREATE INDEX image_import_of_disk ON image_import (disk_id, ended);
