-- The running jobs of an account among a hundred thousand finished images.
CREATE INDEX image_by_state ON image (account_id, region, state, created, id);
