CREATE TABLE benchmarks (
  id          uuid PRIMARY KEY,
  seq         bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  name        text NOT NULL UNIQUE,
  description text,
  owner_id    uuid NOT NULL,
  owner       text NOT NULL,
  -- Cases, seeds and confidence. Immutable, so that results of different versions stay comparable.
  spec        jsonb NOT NULL,
  created_at  timestamptz NOT NULL
);

CREATE TABLE experiments (
  id            uuid PRIMARY KEY,
  seq           bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  kind          text NOT NULL CHECK (kind IN ('compare', 'sweep', 'benchmark')),
  name          text NOT NULL,
  description   text,
  owner_id      uuid NOT NULL,
  owner         text NOT NULL,
  state         text NOT NULL CHECK (state IN ('running', 'stopping', 'succeeded', 'failed', 'cancelled')),
  -- Where stopping leads.
  outcome       text CHECK (outcome IN ('failed', 'cancelled')),
  reason        text,
  message       text,
  spec          jsonb NOT NULL,
  max_concurrent int NOT NULL CHECK (max_concurrent > 0),
  -- Null: no limit.
  budget_nanos  bigint CHECK (budget_nanos >= 0),
  cost_nanos    bigint NOT NULL DEFAULT 0,
  benchmark_id  uuid REFERENCES benchmarks (id),
  agent_id      bigint,
  agent_version text,
  version       bigint NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  finished_at   timestamptz,
  CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))),
  CHECK ((state = 'stopping') <= (outcome IS NOT NULL)),
  CHECK ((kind = 'benchmark') = (benchmark_id IS NOT NULL))
);
CREATE INDEX experiments_unfinished ON experiments (seq) WHERE finished_at IS NULL;
CREATE INDEX experiments_owner ON experiments (owner, seq);
CREATE INDEX experiments_benchmark ON experiments (benchmark_id, agent_id, seq) WHERE benchmark_id IS NOT NULL;

-- One job each. All are planned when the experiment is made.
CREATE TABLE experiment_trials (
  experiment_id   uuid NOT NULL REFERENCES experiments (id),
  trial           int NOT NULL,
  variant         text NOT NULL,
  seed            bigint NOT NULL,
  agent_id        bigint NOT NULL,
  agent_version   text NOT NULL,
  hyperparameters jsonb NOT NULL,
  state           text NOT NULL CHECK (state IN ('planned', 'submitted', 'stopping', 'succeeded', 'failed', 'cancelled',
                                                 'stopped')),
  reason          text,
  message         text,
  job_id          uuid UNIQUE,
  simulated       boolean,
  -- The primary metric as the experiment counts it; null: not known.
  value           double precision,
  metrics         jsonb NOT NULL DEFAULT '{}',
  steps           bigint,
  cost_nanos      bigint NOT NULL DEFAULT 0,
  checkpoints_deleted boolean NOT NULL DEFAULT false,
  finished_at     timestamptz,
  PRIMARY KEY (experiment_id, trial),
  CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled', 'stopped')))
);

-- What the trials of a successive halving reported when they reached a rung.
CREATE TABLE experiment_rungs (
  experiment_id uuid NOT NULL,
  trial         int NOT NULL,
  rung          int NOT NULL,
  value         double precision NOT NULL,
  promoted      boolean NOT NULL,
  PRIMARY KEY (experiment_id, trial, rung),
  FOREIGN KEY (experiment_id, trial) REFERENCES experiment_trials (experiment_id, trial)
);
