CREATE TABLE users (
  id                uuid PRIMARY KEY,
  username          text NOT NULL UNIQUE,
  password_hash     text NOT NULL,
  role              text NOT NULL CHECK (role IN ('admin', 'operator', 'developer', 'viewer')),
  disabled          boolean NOT NULL DEFAULT false,
  deleted_at        timestamptz,
  tokens_valid_from timestamptz NOT NULL,
  version           bigint NOT NULL DEFAULT 1,
  created_at        timestamptz NOT NULL,
  updated_at        timestamptz NOT NULL
);

-- A family is one sign-in; each refresh replaces its token. A token used twice ends its family.
CREATE TABLE refresh_tokens (
  hash       bytea PRIMARY KEY,
  family     uuid NOT NULL,
  user_id    uuid NOT NULL REFERENCES users (id),
  issued_at  timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at    timestamptz,
  revoked_at timestamptz
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id);

CREATE TABLE api_tokens (
  id           uuid PRIMARY KEY,
  user_id      uuid NOT NULL REFERENCES users (id),
  name         text NOT NULL,
  role         text NOT NULL,
  agent_id     bigint,
  hash         bytea NOT NULL UNIQUE,
  prefix       text NOT NULL,
  created_at   timestamptz NOT NULL,
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  CHECK ((role = 'agent') = (agent_id IS NOT NULL))
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);

-- No row means the defaults of the settings.
CREATE TABLE quotas (
  user_id       uuid PRIMARY KEY REFERENCES users (id),
  cpu_millis    bigint,
  memory_bytes  bigint,
  gpus          int,
  storage_bytes bigint,
  budget_nanos  bigint,
  updated_at    timestamptz NOT NULL
);
