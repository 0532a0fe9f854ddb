-- The keys that sign statements; the one with the highest serial signs, the others verify what they signed.
CREATE TABLE signing_key (
  serial             INTEGER PRIMARY KEY,
  -- SHA-256 of the public key's SubjectPublicKeyInfo, which signatures name.
  id                 TEXT NOT NULL UNIQUE,
  public_key         BYTEA NOT NULL,
  sealed_private_key BYTEA NOT NULL,
  created            BIGINT NOT NULL
);

-- The signed statements of how an image came to be, the newest with the highest number.
CREATE TABLE statement (
  image_id            TEXT NOT NULL REFERENCES image (id) ON DELETE CASCADE,
  number              INTEGER NOT NULL,
  compressed_envelope BYTEA NOT NULL,
  PRIMARY KEY (image_id, number)
);

-- The access key of whoever asked; empty where requests are not signed, and before it was kept.
ALTER TABLE update_run ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE image_import ADD COLUMN asked_by TEXT NOT NULL DEFAULT '';
