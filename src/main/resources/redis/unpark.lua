-- Moves the first parked jobs of an owner back to the ready index.
-- KEYS: scores, parked owners, wake channel   ARGV: prefix, owner, how many
local parked = ARGV[1] .. 'parked:' .. ARGV[2]
local popped = redis.call('ZPOPMIN', parked, ARGV[3])
for i = 1, #popped, 2 do
  local place = redis.call('HGET', KEYS[1], popped[i])
  if place then
    redis.call('ZADD', ARGV[1] .. 'ready:' .. string.match(place, ':(.*)$'), popped[i + 1], popped[i])
  end
end
if redis.call('EXISTS', parked) == 0 then redis.call('SREM', KEYS[2], ARGV[2]) end
if #popped > 0 then redis.call('PUBLISH', KEYS[3], 'queued') end
return #popped / 2
