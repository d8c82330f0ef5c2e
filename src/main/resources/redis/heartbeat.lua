-- Prolongs leases, and makes those again that are gone; returns the ids of these: the index has lost something.
-- KEYS: leases   ARGV: lease end (ms), ids
local lost = {}
for i = 2, #ARGV do
  if redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i]) == 1 then lost[#lost + 1] = ARGV[i] end
end
return lost
