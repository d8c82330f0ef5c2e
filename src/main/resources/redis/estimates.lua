-- For each waiting job its place in its lane, from 0 or -1, and what was foreseen for the lane.
-- KEYS: estimates   ARGV: prefix, then id, lane for each job
local found = {}
for i = 2, #ARGV, 2 do
  local place = redis.call('ZRANK', ARGV[1] .. 'lane:' .. ARGV[i + 1], ARGV[i])
  found[#found + 1] = place or -1
  found[#found + 1] = place and redis.call('HGET', KEYS[1], ARGV[i + 1]) or ''
end
return found
