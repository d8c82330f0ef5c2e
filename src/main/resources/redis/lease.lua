-- Takes the first jobs of a runner's index and leases them.
-- KEYS: ready, leases   ARGV: how many, lease end (ms)
local popped = redis.call('ZPOPMIN', KEYS[1], ARGV[1])
local ids = {}
for i = 1, #popped, 2 do
  ids[#ids + 1] = popped[i]
  redis.call('ZADD', KEYS[2], ARGV[2], popped[i])
end
return ids
