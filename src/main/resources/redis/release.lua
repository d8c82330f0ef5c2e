-- Ends leases. What: "done" forgets the jobs, "ready" puts them back in their old place.
-- KEYS: places, leases, delayed, lanes   ARGV: prefix, what, ids
for i = 3, #ARGV do
  local id = ARGV[i]
  local place = redis.call('HGET', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  if ARGV[2] == 'done' then
    if place then
      redis.call('HDEL', KEYS[1], id)
      if redis.call('ZREM', ARGV[1] .. 'lane:' .. string.match(place, ':(.*)$'), id) == 0 then
        redis.call('ZREM', KEYS[3], id)
      end
    end
  elseif place then
    local score, lane = string.match(place, '^([^:]*):(.*)$')
    redis.call('ZADD', ARGV[1] .. 'lane:' .. lane, score, id)
    redis.call('SADD', KEYS[4], lane)
  end
end
return #ARGV - 2
