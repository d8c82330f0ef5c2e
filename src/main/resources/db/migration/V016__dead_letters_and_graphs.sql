-- A job that failed for good is a dead letter until somebody submits it again or discards it.
ALTER TABLE jobs
  ADD COLUMN letter_closed_at timestamptz,
  -- Null in a closed letter: it was discarded.
  ADD COLUMN redriven_as uuid;
-- What was submitted again before there were letters needs nobody's attention.
UPDATE jobs j SET letter_closed_at = r.created_at, redriven_as = r.id
FROM (SELECT DISTINCT ON (retried_from) retried_from, id, created_at FROM jobs
      WHERE retried_from IS NOT NULL ORDER BY retried_from, seq) r
WHERE j.id = r.retried_from AND j.state = 'failed';
-- Only open letters: they stay as cheap to list as they are few, however many jobs have finished.
CREATE INDEX jobs_dead_letters ON jobs (finished_at DESC, seq DESC) WHERE state = 'failed' AND letter_closed_at IS NULL;
CREATE INDEX jobs_dead_letters_of_owner ON jobs (owner_id, finished_at DESC, seq DESC)
  WHERE state = 'failed' AND letter_closed_at IS NULL;

-- Jobs that were submitted together, each before those that wait for it: keys[i] is the name of job_ids[i].
CREATE TABLE job_graphs (
  id         uuid PRIMARY KEY,
  name       text NOT NULL,
  owner_id   uuid NOT NULL,
  owner      text NOT NULL,
  keys       text[] NOT NULL,
  job_ids    uuid[] NOT NULL CHECK (cardinality(job_ids) = cardinality(keys)),
  created_at timestamptz NOT NULL
);
ALTER TABLE jobs ADD COLUMN graph_id uuid;
