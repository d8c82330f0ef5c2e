-- How many lines of its output are written: an attempt that outlived its server tells them again.
ALTER TABLE job_attempts ADD COLUMN lines_taken bigint NOT NULL DEFAULT 0;
