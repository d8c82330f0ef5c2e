-- Says for each job whether it is in any place: 1 or 0. A score alone is no place: nobody would ever find the job. A job
-- that is ready with another score (its priority was changed while Redis was away) is in the wrong place.
-- KEYS: leases, delayed   ARGV: prefix, then id, score, runner, owner for each job
local known = {}
for i = 2, #ARGV, 4 do
  local id = ARGV[i]
  local ready = redis.call('ZSCORE', ARGV[1] .. 'ready:' .. ARGV[i + 2], id)
  local found = ready and tonumber(ready) == tonumber(ARGV[i + 1])
    or not ready and (redis.call('ZSCORE', KEYS[1], id)
      or redis.call('ZSCORE', KEYS[2], id)
      or redis.call('ZSCORE', ARGV[1] .. 'parked:' .. ARGV[i + 3], id))
  known[#known + 1] = found and 1 or 0
end
return known
