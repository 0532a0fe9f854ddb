-- A public image belongs to everyone in its region; this is the account that it came from.

ALTER TABLE image ADD COLUMN published_by TEXT;
