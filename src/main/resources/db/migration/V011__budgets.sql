-- Limits that begin anew with each calendar hour, day or month in UTC. limit_units: nano-dollars or GPU-microseconds.
CREATE TABLE budgets (
  id          uuid PRIMARY KEY,
  name        text NOT NULL UNIQUE,
  scope       text NOT NULL CHECK (scope IN ('user', 'queue', 'agent', 'everyone')),
  -- The id of the user or agent, the name of the queue; empty for everyone.
  scope_id    text NOT NULL CHECK ((scope = 'everyone') = (scope_id = '')),
  period      text NOT NULL CHECK (period IN ('hour', 'day', 'month')),
  unit        text NOT NULL CHECK (unit IN ('currency', 'gpu_seconds')),
  limit_units bigint NOT NULL CHECK (limit_units >= 0),
  on_exhaust  text NOT NULL CHECK (on_exhaust IN ('block', 'drain', 'stop')),
  -- The period in which 80 % was warned of: once for all servers.
  warned_for  timestamptz,
  version     bigint NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL
);
CREATE INDEX budgets_scope ON budgets (scope, scope_id);

-- Real (not simulated) use by period, written with the ledger. Time that spans a border is split there.
CREATE TABLE spend_by_period (
  scope       text NOT NULL CHECK (scope IN ('user', 'queue', 'agent', 'everyone')),
  id          text NOT NULL,
  period      text NOT NULL CHECK (period IN ('hour', 'day', 'month')),
  starts_at   timestamptz NOT NULL,
  spent_nanos bigint NOT NULL,
  gpu_micros  bigint NOT NULL,
  PRIMARY KEY (scope, id, period, starts_at)
);
CREATE INDEX spend_by_period_age ON spend_by_period (period, starts_at);

-- What this month spent already. The price of a part goes by its time; the parts of an entry add up to it exactly.
INSERT INTO spend_by_period (scope, id, period, starts_at, spent_nanos, gpu_micros)
SELECT s.scope, s.id, d.period, date_trunc(d.period, p.hour, 'UTC'), sum(p.nanos_here), sum(p.gpu_micros)
FROM (
  SELECT l.*, j.queue, h.hour,
    round(l.nanos * extract(epoch FROM least(l.at, h.hour + interval '1 hour') - l.from_at) / extract(epoch FROM l.at - l.from_at))
      - round(l.nanos * extract(epoch FROM greatest(l.from_at, h.hour) - l.from_at) / extract(epoch FROM l.at - l.from_at)) AS nanos_here,
    j.gpus * (extract(epoch FROM least(l.at, h.hour + interval '1 hour') - greatest(l.from_at, h.hour)) * 1000000)::bigint AS gpu_micros
  FROM (SELECT at, from_at, job_id, agent_id, user_id, cpu_nanos + memory_nanos + gpu_nanos AS nanos FROM cost_ledger
        WHERE at > date_trunc('month', now(), 'UTC') AND at > from_at) l
  JOIN jobs j ON j.id = l.job_id
  CROSS JOIN LATERAL generate_series(date_trunc('hour', l.from_at, 'UTC'), l.at, interval '1 hour') AS h(hour)
  WHERE h.hour < l.at
) p
CROSS JOIN LATERAL (VALUES ('agent', p.agent_id::text), ('user', p.user_id::text), ('queue', p.queue), ('everyone', '')) AS s(scope, id)
CROSS JOIN (VALUES ('hour'), ('day'), ('month')) AS d(period)
GROUP BY 1, 2, 3, 4;
