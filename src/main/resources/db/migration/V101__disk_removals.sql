-- Disks that are being removed, once the transaction that decided it is committed. No import of one
-- is accepted, and what a process did not end is ended later.
CREATE TABLE disk_removal (
  disk_id      TEXT PRIMARY KEY,
  -- Whether a disk of that id that was exported, not uploaded, stays.
  uploads_only BOOLEAN NOT NULL
);
