-- How many lines of its output are written: an attempt that outlived its server tells them again.
ALTER TABLE job_attempts ADD COLUMN lines_taken bigint NOT NULL DEFAULT 0;
-- The log line that forbids further tries, where the attempt runs on a remote worker.
ALTER TABLE job_attempts ADD COLUMN stop_line text;

-- GPU boxes that lease jobs over HTTP. What they offer at present is in workers, as for servers.
CREATE TABLE remote_workers (
  name          text PRIMARY KEY,
  -- Only this account may speak for it.
  owner_id      uuid NOT NULL,
  owner         text NOT NULL,
  state         text NOT NULL CHECK (state IN ('active', 'cordoned', 'draining')),
  version       text NOT NULL,
  address       text NOT NULL,
  runners       text[] NOT NULL,
  slots         int NOT NULL,
  cpu_millis    bigint NOT NULL,
  memory_bytes  bigint NOT NULL,
  gpus          int NOT NULL,
  storage_bytes bigint NOT NULL,
  gpu_devices   jsonb NOT NULL DEFAULT '[]',
  labels        jsonb NOT NULL DEFAULT '{}',
  -- A start of the worker, and its newest poll: what an older one says counts for nothing.
  session       uuid NOT NULL,
  poll_number   bigint NOT NULL DEFAULT 0,
  load          jsonb,
  registered_at timestamptz NOT NULL,
  seen_at       timestamptz NOT NULL
);
CREATE INDEX jobs_by_worker ON jobs (worker) WHERE worker IS NOT NULL;
