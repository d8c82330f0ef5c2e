-- Moves jobs that PostgreSQL gave to a worker out of their lanes and leases them.
-- KEYS: places, leases   ARGV: prefix, lease end (ms), ids
for i = 3, #ARGV do
  local place = redis.call('HGET', KEYS[1], ARGV[i])
  if place then redis.call('ZREM', ARGV[1] .. 'lane:' .. string.match(place, ':(.*)$'), ARGV[i]) end
  redis.call('ZADD', KEYS[2], ARGV[2], ARGV[i])
end
return #ARGV - 2
