-- Removes a field from a hash, if its value is still the one that was seen.
-- KEYS[1] the hash, ARGV[1] the field, ARGV[2] the value
-- Returns 1 if it was removed.
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
return redis.call('HDEL', KEYS[1], ARGV[1])
