CREATE TABLE cost_ledger (
  at         timestamptz NOT NULL,
  from_at    timestamptz NOT NULL,
  job_id     uuid NOT NULL,
  agent_id   bigint NOT NULL,
  user_id    uuid NOT NULL,
  cpu_nanos  bigint NOT NULL,
  memory_nanos bigint NOT NULL,
  gpu_nanos  bigint NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX cost_ledger_job ON cost_ledger (job_id, at);
CREATE TABLE cost_ledger_default PARTITION OF cost_ledger DEFAULT;

-- Running sums of real (not simulated) spend.
CREATE TABLE spend (
  scope       text NOT NULL CHECK (scope IN ('agent', 'user', 'job')),
  id          text NOT NULL,
  spent_nanos bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (scope, id)
);

CREATE TABLE spend_by_day (
  day         date PRIMARY KEY,
  spent_nanos bigint NOT NULL DEFAULT 0
);
