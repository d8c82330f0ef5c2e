-- The first jobs of every lane with their scores, and how many wait in it. Takes nothing; forgets empty lanes.
-- KEYS: lanes   ARGV: prefix, heads of each lane, how many lanes at most (others, drawn by chance, come next time)
local found = {}
for _, lane in ipairs(redis.call('SRANDMEMBER', KEYS[1], ARGV[3])) do
  local key = ARGV[1] .. 'lane:' .. lane
  local heads = redis.call('ZRANGE', key, 0, ARGV[2] - 1, 'WITHSCORES')
  if #heads == 0 then
    redis.call('SREM', KEYS[1], lane)
  else
    found[#found + 1] = lane
    found[#found + 1] = redis.call('ZCARD', key)
    found[#found + 1] = heads
  end
end
return found
