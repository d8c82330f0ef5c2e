-- Says for each job whether it is in its place: 1 or 0. An entry of places alone is no place: nobody would ever find the
-- job. A job in another lane (its priority was changed while Redis was away) is in the wrong place.
-- KEYS: leases, delayed, lanes   ARGV: prefix, then id, score, lane for each job
local known = {}
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  local ready = redis.call('ZSCORE', ARGV[1] .. 'lane:' .. ARGV[i + 2], id)
  local found
  if ready then
    found = tonumber(ready) == tonumber(ARGV[i + 1]) and redis.call('SISMEMBER', KEYS[3], ARGV[i + 2]) == 1
  else
    found = redis.call('ZSCORE', KEYS[1], id) or redis.call('ZSCORE', KEYS[2], id)
  end
  known[#known + 1] = found and 1 or 0
end
return known
