-- Ends leases. What: "done" forgets the jobs, "ready" puts them back in their old place, "park" sets them aside.
-- KEYS: leases, scores, delayed, parked owners
-- ARGV: prefix, what, then id, owner for each job
for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  local place = redis.call('HGET', KEYS[2], id)
  redis.call('ZREM', KEYS[1], id)
  if ARGV[2] == 'done' or not place then
    redis.call('ZREM', KEYS[3], id)
    redis.call('HDEL', KEYS[2], id)
    if place then
      local runner = string.match(place, ':(.*)$')
      redis.call('ZREM', ARGV[1] .. 'ready:' .. runner, id)
      redis.call('ZREM', ARGV[1] .. 'parked:' .. ARGV[i + 1], id)
    end
  else
    local score, runner = string.match(place, '^([^:]*):(.*)$')
    if ARGV[2] == 'ready' then
      redis.call('ZADD', ARGV[1] .. 'ready:' .. runner, score, id)
    else
      redis.call('ZADD', ARGV[1] .. 'parked:' .. ARGV[i + 1], score, id)
      redis.call('SADD', KEYS[4], ARGV[i + 1])
    end
  end
end
return (#ARGV - 2) / 2
