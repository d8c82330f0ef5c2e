-- Puts jobs into the ready index of their runner, unless they are leased or wait elsewhere already.
-- KEYS: scores, leases, wake channel   ARGV: prefix, then id, score, runner for each job
local added = 0
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  if not redis.call('ZSCORE', KEYS[2], id) then
    redis.call('HSET', KEYS[1], id, ARGV[i + 1] .. ':' .. ARGV[i + 2])
    added = added + redis.call('ZADD', ARGV[1] .. 'ready:' .. ARGV[i + 2], ARGV[i + 1], id)
  end
end
if added > 0 then redis.call('PUBLISH', KEYS[3], 'queued') end
return added
