-- Which transaction wrote an event. What is below the oldest transaction in progress is complete: a reader that goes no
-- further loses no event, in whichever order the writers commit. BRIN, since it costs writers next to nothing.
ALTER TABLE job_events ADD COLUMN tx bigint NOT NULL DEFAULT txid_current();
CREATE INDEX job_events_tx ON job_events USING brin (tx) WITH (autosummarize = on);

CREATE TABLE webhooks (
  id              uuid PRIMARY KEY,
  name            text NOT NULL,
  url             text NOT NULL,
  owner_id        uuid NOT NULL,
  owner           text NOT NULL,
  -- States of jobs.
  events          text[] NOT NULL,
  -- Null: any.
  queue           text,
  agent_id        bigint,
  job_owner       text,
  sealed_secret   bytea NOT NULL,
  -- Signs as well for a while after it was replaced.
  sealed_previous bytea,
  previous_until  timestamptz,
  enabled         boolean NOT NULL,
  disabled_reason text,
  -- The first failure after the last success.
  failing_since   timestamptz,
  -- Only changes after this transaction are sent.
  since_tx        bigint NOT NULL,
  version         bigint NOT NULL DEFAULT 1,
  created_at      timestamptz NOT NULL,
  updated_at      timestamptz NOT NULL,
  UNIQUE (owner_id, name)
);

-- One row: up to where events became deliveries. Its lock gives all servers one order. Moves only while there are webhooks.
CREATE TABLE webhook_cursor (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  tx       bigint NOT NULL,
  seq      bigint NOT NULL,
  at       timestamptz NOT NULL
);
INSERT INTO webhook_cursor (tx, seq, at) VALUES (txid_current(), 0, now());

CREATE TABLE webhook_deliveries (
  id          uuid PRIMARY KEY,
  webhook_id  uuid NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  -- What is to be sent in order: the job; a test has a lane of its own.
  lane        uuid NOT NULL,
  ord         bigint NOT NULL,
  job_id      uuid,
  event       text NOT NULL,
  body        text NOT NULL,
  state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'failed')),
  tries       int NOT NULL DEFAULT 0,
  next_at     timestamptz NOT NULL,
  status_code int,
  error       text,
  created_at  timestamptz NOT NULL,
  queued_at   timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (webhook_id, lane, ord) WHERE state = 'pending';
CREATE INDEX webhook_deliveries_list ON webhook_deliveries (webhook_id, id);
