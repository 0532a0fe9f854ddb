-- How often a worker has begun the job; lives and goes with its row, and db-scheduler leaves it alone.
ALTER TABLE scheduled_tasks ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
