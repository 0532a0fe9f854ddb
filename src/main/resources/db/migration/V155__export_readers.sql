-- Whether only keys that may only read have asked for the exported disk: their exports take no place
-- from others.
ALTER TABLE export_statement ADD COLUMN by_reader BOOLEAN NOT NULL DEFAULT FALSE;
