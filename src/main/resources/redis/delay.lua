-- Ends leases and sets the jobs aside until they are due.
-- KEYS: leases, delayed, scores   ARGV: id, due (ms), score, runner for each job
for i = 1, #ARGV, 4 do
  redis.call('ZREM', KEYS[1], ARGV[i])
  redis.call('HSET', KEYS[3], ARGV[i], ARGV[i + 2] .. ':' .. ARGV[i + 3])
  redis.call('ZADD', KEYS[2], ARGV[i + 1], ARGV[i])
end
return #ARGV / 4
