-- Renews or gives up a lease, if it is still ours.
-- KEYS[1] the lease, ARGV[1] our id, ARGV[2] its new life in milliseconds, 0 to give it up.
-- Returns 1 if it was ours.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[2] == '0' then
  redis.call('DEL', KEYS[1])
else
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 1
