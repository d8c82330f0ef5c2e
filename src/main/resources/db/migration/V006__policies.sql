CREATE TABLE policies (
  id          uuid PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  description text,
  -- CEL; true means allowed.
  expression  text NOT NULL,
  message     text NOT NULL,
  mode        text NOT NULL CHECK (mode IN ('enforce', 'warn', 'audit')),
  applies_to  text[] NOT NULL CHECK (cardinality(applies_to) > 0 AND applies_to <@ ARRAY['agent', 'job']),
  enabled     boolean NOT NULL,
  source      text NOT NULL CHECK (source IN ('api', 'file')),
  file        text,
  version     bigint NOT NULL DEFAULT 1,
  created_by  text NOT NULL,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  CHECK ((source = 'file') = (file IS NOT NULL))
);

-- History: outlives the policy, the agent and the owner, so it refers to none of them.
CREATE TABLE policy_violations (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at           timestamptz NOT NULL,
  policy_id    uuid NOT NULL,
  policy       text NOT NULL,
  mode         text NOT NULL,
  subject_kind text NOT NULL CHECK (subject_kind IN ('agent', 'job')),
  -- Null: it was refused, so there is none.
  subject_id   text,
  subject_name text NOT NULL,
  agent_id     bigint,
  owner_id     uuid NOT NULL,
  owner        text NOT NULL,
  message      text NOT NULL,
  refused      boolean NOT NULL
);
CREATE INDEX policy_violations_at ON policy_violations (at);
CREATE INDEX policy_violations_policy ON policy_violations (policy, seq);
CREATE INDEX policy_violations_agent ON policy_violations (agent_id, seq);
CREATE INDEX policy_violations_owner ON policy_violations (owner, seq);
