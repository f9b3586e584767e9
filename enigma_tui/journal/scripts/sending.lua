-- Notes that an outcome is about to be sent to a target, and so cannot be taken back any more.
--
-- KEYS[1] the call's hash
-- ARGV    1 the act, 2 the target
--
-- Returns done, or replaced where the outcome stands no longer: it is not to be sent then.

if replaced(KEYS[1], ARGV[1]) then
  return 'replaced'
end
local fields = sent_to(KEYS[1], ARGV[1], ARGV[2])
if fields then
  redis.call('HSET', KEYS[1], unpack(fields))
end
return 'done'
