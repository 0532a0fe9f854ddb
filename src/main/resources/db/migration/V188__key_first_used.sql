-- When a key was used for the first time, in epoch milliseconds; null before that.
ALTER TABLE access_key ADD COLUMN first_used BIGINT;

-- Of keys that are there already, nobody knows. They were used before.
UPDATE access_key SET first_used = 0;
