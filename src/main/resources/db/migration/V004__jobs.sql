CREATE TABLE jobs (
  id               uuid PRIMARY KEY,
  -- The order of submission; kept when a job goes back to the queue.
  seq              bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  owner_id         uuid NOT NULL,
  owner            text NOT NULL,
  agent_id         bigint NOT NULL REFERENCES agents (id),
  agent_name       text NOT NULL,
  agent_version    text NOT NULL,
  name             text NOT NULL,
  priority         smallint NOT NULL CHECK (priority BETWEEN 1 AND 10),
  state            text NOT NULL CHECK (state IN ('queued', 'admitted', 'starting', 'running', 'cancelling',
                                                  'retry_wait', 'succeeded', 'failed', 'cancelled')),
  reason           text,
  message          text,
  runner           text NOT NULL,
  simulated        boolean NOT NULL,
  attempt          int NOT NULL DEFAULT 0,
  -- Failed attempts count against max_attempts; lost leases and shutdowns do not.
  failures         int NOT NULL DEFAULT 0,
  max_attempts     int NOT NULL,
  lost_leases      int NOT NULL DEFAULT 0,
  -- Rises with each admission; whoever holds an older number changes nothing.
  lease            bigint NOT NULL DEFAULT 0,
  worker           text,
  lease_expires_at timestamptz,
  step             bigint,
  total_steps      bigint,
  metrics          jsonb NOT NULL DEFAULT '{}',
  cost_nanos       bigint NOT NULL DEFAULT 0,
  exit_code        int,
  hyperparameters  jsonb NOT NULL DEFAULT '{}',
  training_config  jsonb NOT NULL DEFAULT '{}',
  cpu_millis       bigint NOT NULL,
  memory_bytes     bigint NOT NULL,
  gpus             int NOT NULL,
  storage_bytes    bigint NOT NULL,
  timeout_seconds  bigint,
  labels           jsonb NOT NULL DEFAULT '{}',
  retried_from     uuid,
  -- Whose folder holds the checkpoints: the first job of a chain of retries.
  folder_id        uuid NOT NULL,
  version          bigint NOT NULL DEFAULT 1,
  created_at       timestamptz NOT NULL,
  queued_at        timestamptz NOT NULL,
  run_at           timestamptz,
  started_at       timestamptz,
  finished_at      timestamptz,
  CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled')))
);
CREATE INDEX jobs_unfinished ON jobs (state, priority DESC, seq) WHERE finished_at IS NULL;
CREATE INDEX jobs_agent ON jobs (agent_id, seq);
CREATE INDEX jobs_owner ON jobs (owner_id, seq);
CREATE INDEX jobs_finished ON jobs (state, seq) WHERE finished_at IS NOT NULL;

CREATE TABLE job_attempts (
  job_id            uuid NOT NULL REFERENCES jobs (id),
  lease             bigint NOT NULL,
  attempt           int NOT NULL,
  runner            text NOT NULL,
  worker            text NOT NULL,
  outcome           text CHECK (outcome IN ('succeeded', 'failed', 'cancelled', 'lost')),
  reason            text,
  message           text,
  exit_code         int,
  admitted_at       timestamptz NOT NULL,
  started_at        timestamptz,
  finished_at       timestamptz,
  charged_until     timestamptz,
  cost_nanos        bigint NOT NULL DEFAULT 0,
  peak_memory_bytes bigint,
  PRIMARY KEY (job_id, lease)
);

-- High-rate tables: partitioned by day; the server makes and drops partitions (retention is a setting).
CREATE TABLE job_events (
  job_id  uuid NOT NULL,
  seq     bigint GENERATED ALWAYS AS IDENTITY,
  at      timestamptz NOT NULL,
  kind    text NOT NULL,
  state   text,
  reason  text,
  message text,
  attempt int NOT NULL,
  agent_id bigint NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX job_events_job ON job_events (job_id, seq);
CREATE INDEX job_events_at ON job_events (at);
CREATE TABLE job_events_default PARTITION OF job_events DEFAULT;

CREATE TABLE job_metrics (
  job_id      uuid NOT NULL,
  seq         bigint GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL,
  attempt     int NOT NULL,
  step        bigint,
  total_steps bigint,
  metrics     jsonb NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX job_metrics_job ON job_metrics (job_id, seq);
CREATE TABLE job_metrics_default PARTITION OF job_metrics DEFAULT;

-- start_offset counts bytes of the whole log of the job, over all attempts.
CREATE TABLE job_logs (
  job_id       uuid NOT NULL,
  start_offset bigint NOT NULL,
  end_offset   bigint NOT NULL,
  at           timestamptz NOT NULL,
  attempt      int NOT NULL,
  text         text NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX job_logs_job ON job_logs (job_id, start_offset);
CREATE TABLE job_logs_default PARTITION OF job_logs DEFAULT;
