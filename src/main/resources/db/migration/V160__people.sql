-- People who log in to the console with OpenID Connect. Each has an access key in the account that
-- they work in, whose secret nobody knows.
CREATE TABLE person (
  key_id     TEXT PRIMARY KEY REFERENCES access_key (id) ON DELETE CASCADE,
  account_id TEXT NOT NULL REFERENCES account (id),
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  name       TEXT NOT NULL,
  UNIQUE (issuer, subject, account_id)
);
