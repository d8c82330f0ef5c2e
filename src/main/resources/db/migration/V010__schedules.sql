CREATE TABLE schedules (
  id          uuid PRIMARY KEY,
  name        text NOT NULL,
  owner_id    uuid NOT NULL,
  owner       text NOT NULL,
  agent_id    bigint NOT NULL REFERENCES agents (id),
  cron        text NOT NULL,
  time_zone   text NOT NULL,
  -- What is submitted, as in POST /jobs.
  job         jsonb NOT NULL,
  -- What happens to a time that passed while no server ran.
  missed      text NOT NULL CHECK (missed IN ('skip', 'run_once')),
  enabled     boolean NOT NULL,
  next_run_at timestamptz NOT NULL,
  last_run_at timestamptz,
  last_job_id uuid,
  last_error  text,
  version     bigint NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  UNIQUE (owner_id, name)
);
CREATE INDEX schedules_due ON schedules (next_run_at) WHERE enabled;
