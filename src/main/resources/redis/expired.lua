-- Lists leases that ended without a heartbeat; PostgreSQL decides what becomes of them.
-- KEYS: leases   ARGV: now (ms), how many
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
