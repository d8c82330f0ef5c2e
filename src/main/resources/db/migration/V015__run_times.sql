-- How long jobs of an agent ran lately, for estimates of when others start.
CREATE INDEX jobs_run_times ON jobs (agent_id, finished_at DESC) WHERE state = 'succeeded';
