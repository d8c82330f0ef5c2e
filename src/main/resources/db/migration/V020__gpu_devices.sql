-- The GPUs of a server's runner one by one, with who has them; null: not known, or not told one by one.
ALTER TABLE workers ADD COLUMN gpu_devices jsonb;
