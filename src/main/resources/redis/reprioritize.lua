-- Changes the place of a job that waits. KEYS: scores   ARGV: prefix, id, score, runner, owner
local id = ARGV[2]
if not redis.call('HGET', KEYS[1], id) then return 0 end
redis.call('HSET', KEYS[1], id, ARGV[3] .. ':' .. ARGV[4])
redis.call('ZADD', ARGV[1] .. 'ready:' .. ARGV[4], 'XX', ARGV[3], id)
redis.call('ZADD', ARGV[1] .. 'parked:' .. ARGV[5], 'XX', ARGV[3], id)
return 1
