-- A service is a job that shall stay up: a replica of a deployment.
ALTER TABLE jobs
  ADD COLUMN kind text NOT NULL DEFAULT 'job' CHECK (kind IN ('job', 'service')),
  -- The port it wishes for and how its health is checked.
  ADD COLUMN service jsonb,
  ADD CHECK ((kind = 'service') = (service IS NOT NULL));
CREATE INDEX jobs_services ON jobs (agent_id) WHERE kind = 'service';

-- What the runner saw last of a service that runs; of an older lease it means nothing.
CREATE TABLE job_services (
  job_id         uuid PRIMARY KEY REFERENCES jobs (id),
  lease          bigint NOT NULL,
  -- Null: no check has decided yet.
  healthy        boolean,
  health_message text,
  health_at      timestamptz,
  address        text,
  -- Null: not measured.
  cpu_cores      double precision,
  memory_bytes   bigint,
  usage_at       timestamptz
);

CREATE TABLE deployments (
  agent_id   bigint PRIMARY KEY REFERENCES agents (id),
  owner_id   uuid NOT NULL,
  owner      text NOT NULL,
  state      text NOT NULL CHECK (state IN ('active', 'stopping', 'stopped')),
  -- The revision that it is, or is becoming.
  revision   int NOT NULL,
  replicas   int NOT NULL CHECK (replicas >= 0),
  restarts   bigint NOT NULL DEFAULT 0,
  -- Rises with each change of it or of its replicas: whoever read an older one changes nothing.
  version    bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX deployments_live ON deployments (agent_id) WHERE state <> 'stopped';

CREATE TABLE deployment_revisions (
  agent_id      bigint NOT NULL REFERENCES deployments (agent_id),
  revision      int NOT NULL,
  -- The revision whose content this is: a roll-back goes on with the replicas of that one.
  template      int NOT NULL,
  agent_version text NOT NULL,
  spec          jsonb NOT NULL,
  state         text NOT NULL CHECK (state IN ('rolling', 'healthy', 'failed', 'superseded', 'stopped')),
  -- All its replicas were healthy once: it may be rolled back to by itself.
  proven        boolean NOT NULL DEFAULT false,
  reason        text,
  message       text,
  rollback_to   int,
  created_by    text NOT NULL,
  created_at    timestamptz NOT NULL,
  -- The deadline counts from here.
  progress_at   timestamptz NOT NULL,
  ended_at      timestamptz,
  PRIMARY KEY (agent_id, revision)
);

-- Only those that live. A replica that is started again goes on as the same one with a new job.
CREATE TABLE deployment_replicas (
  id            uuid PRIMARY KEY,
  agent_id      bigint NOT NULL REFERENCES deployments (agent_id),
  template      int NOT NULL,
  state         text NOT NULL CHECK (state IN ('pending', 'starting', 'healthy', 'unhealthy', 'restarting', 'crash_loop',
                                               'draining', 'exited')),
  message       text,
  -- Counts its jobs; part of the key under which each is submitted.
  incarnation   int NOT NULL,
  job_id        uuid UNIQUE,
  -- Failures in a row, which make the pause longer.
  failures      int NOT NULL DEFAULT 0,
  restarts      int NOT NULL DEFAULT 0,
  start_at      timestamptz NOT NULL,
  healthy_since timestamptz,
  created_at    timestamptz NOT NULL
);
CREATE INDEX deployment_replicas_agent ON deployment_replicas (agent_id, created_at);

CREATE TABLE deployment_events (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id   bigint NOT NULL,
  at         timestamptz NOT NULL,
  kind       text NOT NULL,
  revision   int,
  replica_id uuid,
  job_id     uuid,
  message    text NOT NULL
);
CREATE INDEX deployment_events_agent ON deployment_events (agent_id, seq);

CREATE TABLE scaling_policies (
  agent_id     bigint PRIMARY KEY REFERENCES agents (id),
  spec         jsonb NOT NULL,
  version      bigint NOT NULL DEFAULT 1,
  evaluated_at timestamptz,
  scaled_at    timestamptz,
  updated_by   text NOT NULL,
  updated_at   timestamptz NOT NULL
);

-- What each look recommended, as long as the stabilisation windows reach back.
CREATE TABLE scaling_recommendations (
  agent_id bigint NOT NULL REFERENCES scaling_policies (agent_id) ON DELETE CASCADE,
  at       timestamptz NOT NULL,
  desired  int NOT NULL,
  PRIMARY KEY (agent_id, at)
);

-- What changed something or was held back. The same once more only counts.
CREATE TABLE scaling_decisions (
  seq      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id bigint NOT NULL,
  at       timestamptz NOT NULL,
  last_at  timestamptz NOT NULL,
  times    int NOT NULL DEFAULT 1,
  metric   text NOT NULL,
  value    double precision,
  target   double precision NOT NULL,
  replicas int NOT NULL,
  desired  int,
  applied  int NOT NULL,
  held_by  text,
  message  text NOT NULL
);
CREATE INDEX scaling_decisions_agent ON scaling_decisions (agent_id, seq);
