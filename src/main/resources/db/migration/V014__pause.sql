ALTER TABLE jobs
  DROP CONSTRAINT jobs_state_check,
  ADD CONSTRAINT jobs_state_check CHECK (state IN ('blocked', 'scheduled', 'queued', 'admitted', 'starting', 'running',
    'preempting', 'cancelling', 'retry_wait', 'paused', 'succeeded', 'failed', 'cancelled')),
  -- It runs, and is to be paused and not to go back to the queue when this attempt ends.
  ADD COLUMN pausing boolean NOT NULL DEFAULT false;
