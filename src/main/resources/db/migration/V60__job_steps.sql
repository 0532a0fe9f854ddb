-- The steps of every job, not of updates alone. job_id is the id of the image that the job makes, or
-- of the export's task. The steps of updates that were made before are taken over.
CREATE TABLE job_step (
  job_id   TEXT NOT NULL,
  attempt  INTEGER NOT NULL,
  ordinal  INTEGER NOT NULL,
  name     TEXT NOT NULL,
  status   TEXT NOT NULL,
  progress DOUBLE PRECISION NOT NULL,
  detail   TEXT NOT NULL,
  started  BIGINT NOT NULL,
  ended    BIGINT,
  PRIMARY KEY (job_id, attempt, ordinal)
);

INSERT INTO job_step (job_id, attempt, ordinal, name, status, progress, detail, started, ended)
SELECT image_id, attempt, ordinal, name, status, progress, detail, started, ended FROM update_step;
