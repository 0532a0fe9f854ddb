-- Limits of single accounts, in place of the server's.

CREATE TABLE account_quota (
  account_id  TEXT NOT NULL REFERENCES account (id),
  quota       TEXT NOT NULL,
  quota_limit INTEGER NOT NULL,
  PRIMARY KEY (account_id, quota)
);
