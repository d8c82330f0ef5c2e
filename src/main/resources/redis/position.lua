-- How many jobs of a runner have a higher priority, or the same and are older; -1 when the job is in no lane.
-- KEYS: lanes   ARGV: prefix, id, lane, runner, priority
local score = redis.call('ZSCORE', ARGV[1] .. 'lane:' .. ARGV[3], ARGV[2])
if not score then return -1 end
local ahead = 0
for _, lane in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local runner, priority = string.match(lane, '^[^|]*|[^|]*|[^|]*|([^|]*)|([^|]*)|')
  if runner == ARGV[4] then
    if tonumber(priority) > tonumber(ARGV[5]) then
      ahead = ahead + redis.call('ZCARD', ARGV[1] .. 'lane:' .. lane)
    elseif priority == ARGV[5] then
      ahead = ahead + redis.call('ZCOUNT', ARGV[1] .. 'lane:' .. lane, '-inf', '(' .. score)
    end
  end
end
return ahead
