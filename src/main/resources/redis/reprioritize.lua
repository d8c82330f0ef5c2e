-- Moves a job that waits to another lane; one that is not there stays away.
-- KEYS: places, leases, delayed, lanes   ARGV: prefix, id, score, lane
local id, score, lane = ARGV[2], ARGV[3], ARGV[4]
local before = redis.call('HGET', KEYS[1], id)
if not before then return 0 end
redis.call('HSET', KEYS[1], id, score .. ':' .. lane)
if redis.call('ZREM', ARGV[1] .. 'lane:' .. string.match(before, ':(.*)$'), id) == 1 then
  redis.call('ZADD', ARGV[1] .. 'lane:' .. lane, score, id)
  redis.call('SADD', KEYS[4], lane)
end
return 1
