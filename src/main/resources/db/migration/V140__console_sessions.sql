-- Who is logged in to the console. Only hashes of tokens are kept.
CREATE TABLE console_session (
  id            TEXT PRIMARY KEY,
  token_hash    TEXT NOT NULL UNIQUE,
  -- The token before the last rotation, which requests that were already on their way still carry.
  previous_hash TEXT UNIQUE,
  rotated       BIGINT NOT NULL,
  key_id        TEXT NOT NULL REFERENCES access_key (id) ON DELETE CASCADE,
  region        TEXT NOT NULL,
  created       BIGINT NOT NULL,
  last_seen     BIGINT NOT NULL,
  address       TEXT NOT NULL,
  browser       TEXT NOT NULL
);

CREATE INDEX console_session_of_key ON console_session (key_id, created);
CREATE INDEX console_session_by_age ON console_session (created);

-- Links that log in once.
CREATE TABLE console_login_code (
  code_hash TEXT PRIMARY KEY,
  key_id    TEXT NOT NULL REFERENCES access_key (id) ON DELETE CASCADE,
  region    TEXT NOT NULL,
  expires   BIGINT NOT NULL
);

-- What people list images by, beside their names.
CREATE INDEX image_by_creation ON image (account_id, region, created, id);
CREATE INDEX image_by_platform ON image (account_id, region, platform);
