-- Limits are JSON objects of integers: cpu_millis, memory_bytes, gpus, storage_bytes, jobs. What is absent has no limit.
CREATE TABLE queues (
  name                  text PRIMARY KEY CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
  description           text,
  cohort                text,
  weight                double precision NOT NULL DEFAULT 1 CHECK (weight > 0),
  policy                text NOT NULL DEFAULT 'best_effort_fifo' CHECK (policy IN ('strict_fifo', 'best_effort_fifo')),
  state                 text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'hold', 'drain')),
  nominal_quota         jsonb NOT NULL DEFAULT '{}',
  borrowing_limit       jsonb NOT NULL DEFAULT '{}',
  lending_limit         jsonb NOT NULL DEFAULT '{}',
  max_starts_per_minute int CHECK (max_starts_per_minute > 0),
  version               bigint NOT NULL DEFAULT 1,
  created_at            timestamptz NOT NULL,
  updated_at            timestamptz NOT NULL
);
INSERT INTO queues (name, description, created_at, updated_at)
VALUES ('default', 'Where jobs wait that name no queue.', now(), now());

ALTER TABLE jobs
  ADD COLUMN queue text NOT NULL DEFAULT 'default',
  ADD COLUMN preemptible boolean NOT NULL DEFAULT false,
  ADD COLUMN min_runtime_seconds int NOT NULL DEFAULT 0,
  -- For which job it makes room at present.
  ADD COLUMN preempted_for uuid,
  ADD COLUMN preempt_deadline timestamptz,
  ADD COLUMN preempt_acknowledged boolean NOT NULL DEFAULT false,
  ADD COLUMN preemptions int NOT NULL DEFAULT 0;
ALTER TABLE job_attempts
  DROP CONSTRAINT job_attempts_outcome_check,
  ADD CONSTRAINT job_attempts_outcome_check
    CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'lost', 'preempted'));

ALTER TABLE jobs
  DROP CONSTRAINT jobs_state_check,
  ADD CONSTRAINT jobs_state_check CHECK (state IN ('queued', 'admitted', 'starting', 'running', 'preempting',
    'cancelling', 'retry_wait', 'succeeded', 'failed', 'cancelled'));

ALTER TABLE quotas
  ADD COLUMN max_jobs bigint,
  ADD COLUMN weight double precision CHECK (weight > 0);

-- What a user may use inside one queue; null: no further limit.
CREATE TABLE queue_quotas (
  user_id       uuid NOT NULL REFERENCES users (id),
  queue         text NOT NULL REFERENCES queues (name) ON DELETE CASCADE,
  cpu_millis    bigint,
  memory_bytes  bigint,
  gpus          bigint,
  storage_bytes bigint,
  max_jobs      bigint,
  updated_at    timestamptz NOT NULL,
  PRIMARY KEY (user_id, queue)
);

-- The runners of the servers that are up. A row that is not renewed counts for nothing.
CREATE TABLE workers (
  worker        text NOT NULL,
  runner        text NOT NULL,
  cpu_millis    bigint NOT NULL,
  memory_bytes  bigint NOT NULL,
  gpus          int NOT NULL,
  storage_bytes bigint NOT NULL,
  slots         int NOT NULL,
  seen_at       timestamptz NOT NULL,
  PRIMARY KEY (worker, runner)
);

-- Decayed use of each owner, so that a new leader goes on where the last one was.
CREATE TABLE owner_use (
  owner_id uuid PRIMARY KEY,
  share    double precision NOT NULL,
  at       timestamptz NOT NULL
);
