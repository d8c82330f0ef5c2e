-- Puts jobs into their lanes, or moves them there, unless they are leased: then they run already.
-- KEYS: places, leases, delayed, lanes, wake channel   ARGV: prefix, then id, score, lane for each job
local added = 0
for i = 2, #ARGV, 3 do
  local id, score, lane = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if not redis.call('ZSCORE', KEYS[2], id) then
    local place = score .. ':' .. lane
    local before = redis.call('HGET', KEYS[1], id)
    if before and before ~= place then
      redis.call('ZREM', ARGV[1] .. 'lane:' .. string.match(before, ':(.*)$'), id)
    end
    redis.call('HSET', KEYS[1], id, place)
    if before then redis.call('ZREM', KEYS[3], id) end
    added = added + redis.call('ZADD', ARGV[1] .. 'lane:' .. lane, score, id)
    redis.call('SADD', KEYS[4], lane)
  end
end
if added > 0 then redis.call('PUBLISH', KEYS[5], 'queued') end
return added
