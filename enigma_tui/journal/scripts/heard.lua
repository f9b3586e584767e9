-- Appends what was heard on a channel to the journal, if the lease is still ours.
--
-- KEYS[1]   the lease, KEYS[2] the journal
-- ARGV[1]   our id, ARGV[2] the source, ARGV[3] the feed
-- ARGV[4..] for each message two values: kind, payload
--
-- Returns how many were appended, -1 if the lease was not ours: then another has heard them too.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return -1
end
local wrong = wrong_type(KEYS[2], 'stream')
if wrong then
  return redis.error_reply(wrong)
end
for n = 4, #ARGV, 2 do
  redis.call('XADD', KEYS[2], '*', 'kind', ARGV[n], 'raw', ARGV[n + 1], 'source', ARGV[2], 'feed', ARGV[3])
end
return (#ARGV - 3) / 2
