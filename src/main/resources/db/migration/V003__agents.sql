CREATE TABLE agents (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name            text NOT NULL,
  type            text NOT NULL CHECK (type IN ('simulation', 'real_deployment', 'evaluation', 'research')),
  owner_id        uuid NOT NULL REFERENCES users (id),
  description     text,
  labels          jsonb NOT NULL DEFAULT '{}',
  budget_nanos    bigint,
  current_version text NOT NULL,
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  deleted_at      timestamptz,
  CHECK (type <> 'real_deployment' OR budget_nanos IS NOT NULL)
);
CREATE UNIQUE INDEX agents_name ON agents (name) WHERE deleted_at IS NULL;

-- Immutable: a changed agent gets a new row.
CREATE TABLE agent_versions (
  agent_id      bigint NOT NULL REFERENCES agents (id),
  version       text NOT NULL,
  seq           int NOT NULL,
  docker_image  text,
  config        jsonb NOT NULL DEFAULT '{}',
  cpu_millis    bigint NOT NULL,
  memory_bytes  bigint NOT NULL,
  gpus          int NOT NULL,
  storage_bytes bigint NOT NULL,
  runner        text,
  command       text[] NOT NULL DEFAULT '{}',
  working_dir   text,
  env           jsonb NOT NULL DEFAULT '{}',
  digest        text NOT NULL,
  created_at    timestamptz NOT NULL,
  created_by    text NOT NULL,
  PRIMARY KEY (agent_id, version),
  UNIQUE (agent_id, seq)
);

CREATE TABLE agent_secrets (
  agent_id   bigint NOT NULL REFERENCES agents (id),
  name       text NOT NULL,
  sealed     bytea NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (agent_id, name)
);
