-- Puts jobs into the ready index of their runner, unless they are leased or parked: there they are waited for already.
-- KEYS: scores, leases, delayed, wake channel   ARGV: prefix, then id, score, runner, owner for each job
local added = 0
for i = 2, #ARGV, 4 do
  local id = ARGV[i]
  local parked = redis.call('ZSCORE', ARGV[1] .. 'parked:' .. ARGV[i + 3], id)
  if not parked and not redis.call('ZSCORE', KEYS[2], id) then
    redis.call('HSET', KEYS[1], id, ARGV[i + 1] .. ':' .. ARGV[i + 2])
    redis.call('ZREM', KEYS[3], id)
    added = added + redis.call('ZADD', ARGV[1] .. 'ready:' .. ARGV[i + 2], ARGV[i + 1], id)
  end
end
if added > 0 then redis.call('PUBLISH', KEYS[4], 'queued') end
return added
