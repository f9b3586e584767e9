-- Drops a batch that is in the journal, if it is still that one.
-- KEYS[1] the batch, ARGV[1] its id
-- Returns 1 if it was dropped.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
return 1
