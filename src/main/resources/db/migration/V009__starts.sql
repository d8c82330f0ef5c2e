ALTER TABLE jobs
  DROP CONSTRAINT jobs_state_check,
  ADD CONSTRAINT jobs_state_check CHECK (state IN ('blocked', 'scheduled', 'queued', 'admitted', 'starting', 'running',
    'preempting', 'cancelling', 'retry_wait', 'succeeded', 'failed', 'cancelled')),
  -- Null: every failure may be tried again, with the pauses of the settings.
  ADD COLUMN retry_on_exit_codes int[],
  ADD COLUMN retry_first_seconds int,
  ADD COLUMN retry_max_seconds int,
  ADD COLUMN stop_retries_on text,
  ADD COLUMN queue_timeout_seconds int,
  ADD COLUMN depends_on uuid[] NOT NULL DEFAULT '{}',
  ADD COLUMN on_dependency_failure text NOT NULL DEFAULT 'fail' CHECK (on_dependency_failure IN ('fail', 'run')),
  ADD COLUMN dedup_key text;
CREATE INDEX jobs_queue_timeout ON jobs (queued_at) WHERE state = 'queued' AND queue_timeout_seconds IS NOT NULL;

-- Which job stands for a deduplication key: until it has ended, or (expires_at) for a time.
CREATE TABLE job_dedup (
  owner_id   uuid NOT NULL,
  key        text NOT NULL,
  job_id     uuid NOT NULL,
  expires_at timestamptz,
  PRIMARY KEY (owner_id, key)
);
