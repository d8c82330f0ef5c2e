-- Prolongs leases that still exist; returns the ids whose lease is gone.
-- KEYS: leases   ARGV: lease end (ms), ids
local lost = {}
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost
