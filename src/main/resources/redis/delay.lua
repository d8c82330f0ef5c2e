-- Ends leases and sets the jobs aside until they are due.
-- KEYS: places, leases, delayed   ARGV: prefix, then id, due (ms), score, lane for each job
for i = 2, #ARGV, 4 do
  local id = ARGV[i]
  local before = redis.call('HGET', KEYS[1], id)
  if before then redis.call('ZREM', ARGV[1] .. 'lane:' .. string.match(before, ':(.*)$'), id) end
  redis.call('ZREM', KEYS[2], id)
  redis.call('HSET', KEYS[1], id, ARGV[i + 2] .. ':' .. ARGV[i + 3])
  redis.call('ZADD', KEYS[3], ARGV[i + 1], id)
end
return (#ARGV - 1) / 4
