-- Tells why delivery to a target stands still, or that it goes on.
--
-- KEYS[1] the hash in which that is told, KEYS[2] the target's lease
-- ARGV[1] the target, ARGV[2] under which id we deliver, ARGV[3] why; '' where it goes on
--
-- Returns 1 if it was told. While another program delivers, that one knows better.
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[2] then
  return 0
end
if ARGV[3] == '' then
  redis.call('HDEL', KEYS[1], ARGV[1])
else
  local now = redis.call('TIME')
  local ms = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
  redis.call('HSET', KEYS[1], ARGV[1], ms .. ' ' .. ARGV[3])
  redis.call('PEXPIRE', KEYS[1], 60000)
end
return 1
