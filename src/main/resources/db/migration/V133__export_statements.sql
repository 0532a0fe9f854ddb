-- The signed statements of exported disks, by the SHA-256 of their files, with the bills of materials.
CREATE TABLE export_statement (
  account_id          TEXT NOT NULL,
  sha256              TEXT NOT NULL,
  image_name          TEXT NOT NULL,
  created             BIGINT NOT NULL,
  compressed_envelope BYTEA NOT NULL,
  compressed_bill     BYTEA NOT NULL,
  PRIMARY KEY (account_id, sha256)
);

CREATE INDEX export_statement_by_age ON export_statement (created);
