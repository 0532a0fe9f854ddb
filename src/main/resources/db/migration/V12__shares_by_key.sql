-- The key of the image beside each share, so that what an account is shown is found in the order
-- of its pages. A shared image keeps its region and its name.

ALTER TABLE image_share ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE image_share ADD COLUMN name TEXT NOT NULL DEFAULT '';

UPDATE image_share
   SET region = (SELECT region FROM image WHERE image.id = image_share.image_id),
       name = (SELECT name FROM image WHERE image.id = image_share.image_id);

DROP INDEX image_share_with_account;
CREATE INDEX image_share_by_key ON image_share (account_id, region, name, image_id);
