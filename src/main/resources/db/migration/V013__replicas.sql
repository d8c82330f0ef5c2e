-- A job's program may run several times at once: all of them start together or none.
ALTER TABLE jobs
  ADD COLUMN replicas int NOT NULL DEFAULT 1 CHECK (replicas > 0),
  ADD COLUMN min_replicas int NOT NULL DEFAULT 1 CHECK (min_replicas BETWEEN 1 AND replicas),
  -- Of the last attempt.
  ADD COLUMN replicas_started int NOT NULL DEFAULT 1;
