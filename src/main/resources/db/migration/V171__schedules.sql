-- Schedules and what came of them. Times are epoch milliseconds.
CREATE TABLE schedule (
  id           TEXT PRIMARY KEY,
  account_id   TEXT NOT NULL,
  region       TEXT NOT NULL,
  name         TEXT NOT NULL,
  -- In canonical form, as JSON.
  spec         TEXT NOT NULL,
  enabled      BOOLEAN NOT NULL,
  -- Why Regild disabled it; empty if somebody did, or nobody has.
  disabled_why TEXT NOT NULL,
  -- Its times up to this one have been seen to.
  seen         BIGINT NOT NULL,
  -- Updates that failed in a row.
  failures     INTEGER NOT NULL,
  created      BIGINT NOT NULL,
  UNIQUE (account_id, region, name)
);

-- One row for each time at which a schedule acted: no time comes twice.
CREATE TABLE schedule_run (
  schedule_id TEXT NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
  due         BIGINT NOT NULL,
  began       BIGINT NOT NULL,
  -- The access key that asked for it; empty if it was due.
  asked_by    TEXT NOT NULL,
  -- What is to be known of the run as a whole; often empty.
  note        TEXT NOT NULL,
  ended       BIGINT,
  PRIMARY KEY (schedule_id, due)
);

CREATE INDEX schedule_run_in_progress ON schedule_run (ended, schedule_id, due);

-- What was decided on each line, and what became of it.
CREATE TABLE schedule_decision (
  schedule_id   TEXT NOT NULL,
  due           BIGINT NOT NULL,
  line          TEXT NOT NULL,
  -- The order of the updates of a run. The first ones are the canaries.
  ordinal       INTEGER NOT NULL,
  -- NOT_NEEDED, WAITING, UPDATING, SUCCEEDED, FAILED or STOPPED.
  outcome       TEXT NOT NULL,
  reason        TEXT NOT NULL,
  image_name    TEXT NOT NULL,
  snapshot      TEXT NOT NULL,
  changes       INTEGER NOT NULL,
  new_image     TEXT NOT NULL,
  new_image_id  TEXT NOT NULL,
  decided       BIGINT NOT NULL,
  PRIMARY KEY (schedule_id, due, line),
  FOREIGN KEY (schedule_id, due) REFERENCES schedule_run (schedule_id, due) ON DELETE CASCADE
);

