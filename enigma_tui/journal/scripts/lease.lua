-- Renews or gives up a lease, if it is still ours, and tells how its holder fares.
--
-- KEYS[1] the lease; KEYS[2] the hash in which holders tell, where there is one
-- ARGV[1] our id, ARGV[2] the lease's new life in milliseconds, 0 to give it up
-- ARGV[3] the field in the hash, ARGV[4] what to tell; the time is written before it
--
-- Returns 1 if it was ours.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if KEYS[2] then
  local now = redis.call('TIME')
  local ms = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000))
  redis.call('HSET', KEYS[2], ARGV[3], ms .. ' ' .. ARGV[4])
  redis.call('PEXPIRE', KEYS[2], 60000)
end
return 1
