-- Says for each job whether it is in any place: 1 or 0. A score alone is no place: nobody would ever find the job.
-- KEYS: leases, delayed   ARGV: prefix, then id, runner, owner for each job
local known = {}
for i = 2, #ARGV, 3 do
  local id = ARGV[i]
  local found = redis.call('ZSCORE', ARGV[1] .. 'ready:' .. ARGV[i + 1], id)
    or redis.call('ZSCORE', KEYS[1], id)
    or redis.call('ZSCORE', KEYS[2], id)
    or redis.call('ZSCORE', ARGV[1] .. 'parked:' .. ARGV[i + 2], id)
  known[#known + 1] = found and 1 or 0
end
return known
