CREATE TABLE export_task (
  id              TEXT PRIMARY KEY,
  account_id      TEXT NOT NULL,
  region          TEXT NOT NULL,
  image_id        TEXT NOT NULL,
  image_arn       TEXT NOT NULL,
  ami_name        TEXT NOT NULL,
  ami_description TEXT,
  ami_id          TEXT NOT NULL,
  tags            TEXT NOT NULL,
  state           TEXT NOT NULL,
  failure         TEXT,
  created         BIGINT NOT NULL
);

CREATE INDEX export_task_by_key ON export_task (account_id, region, created, id);
CREATE INDEX export_task_of_image ON export_task (image_id, state);
