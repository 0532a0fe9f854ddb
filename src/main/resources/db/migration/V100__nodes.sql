-- The processes that share this database. Times are the database's.
CREATE TABLE node (
  name        TEXT PRIMARY KEY,
  -- Of its data directory: a node that starts again is told from another one of the same name.
  directory   TEXT NOT NULL,
  -- Of its process.
  instance    TEXT NOT NULL,
  host        TEXT NOT NULL,
  version     TEXT NOT NULL,
  role        TEXT NOT NULL,
  since       BIGINT NOT NULL,
  heartbeat   BIGINT NOT NULL,
  -- When it was stopped in order; 0 while it runs, and after a crash.
  stopped     BIGINT NOT NULL,
  workers     INTEGER NOT NULL,
  abilities   BIGINT NOT NULL,
  free_bytes  BIGINT NOT NULL,
  accelerator TEXT NOT NULL,
  isolation   TEXT NOT NULL,
  store       TEXT NOT NULL,
  draining    BOOLEAN NOT NULL DEFAULT FALSE
);

-- What a node must be able to do to run a job, one bit for each ability, and the room that it needs.
ALTER TABLE scheduled_tasks ADD COLUMN needs BIGINT NOT NULL DEFAULT 0;
ALTER TABLE scheduled_tasks ADD COLUMN needs_bytes BIGINT NOT NULL DEFAULT 0;

-- Whether somebody cancelled the job; the node that runs it looks.
ALTER TABLE scheduled_tasks ADD COLUMN cancelled BOOLEAN NOT NULL DEFAULT FALSE;

-- What one node at a time does. It has the turn until it gives it back, or is dead.
CREATE TABLE turn (
  name   TEXT PRIMARY KEY,
  -- The instance of the node that has it; '' for none.
  holder TEXT NOT NULL,
  begun  BIGINT NOT NULL
);

-- The newest migration that a program must know to work with these tables; all later ones only add.
-- One row. Programs that don't know it are refused.
CREATE TABLE schema_floor (
  version INTEGER NOT NULL
);
INSERT INTO schema_floor (version) VALUES (100);
