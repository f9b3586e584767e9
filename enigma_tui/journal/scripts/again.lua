-- Asks to send the outcome of a call to a target again, if it is the one that stands.
--
-- KEYS[1] the call's hash, KEYS[2] the journal
-- ARGV    1 target, 2 the act that recorded the outcome, 3 by, 4 verified ('1' or ''),
--         5 source, 6 feed, 7 call_ref, 8 since
--
-- Returns done; superseded, where another outcome stands meanwhile; or gone, where the call's
-- record is no longer kept.

local names = { 'code', 'note', 'callback', 'reason', 'by', 'verified', 'at', 'act' }
local stands = redis.call('HMGET', KEYS[1], 'version', unpack(names))
if not stands[1] then
  return 'gone'
end
if stands[#stands] ~= ARGV[2] then
  return 'superseded'
end

local entry = { 'kind', 'delivery', 'outcome', 'again', 'target', ARGV[1], 'act', ARGV[2],
  'by', ARGV[3], 'verified', ARGV[4], 'source', ARGV[5], 'call_feed', ARGV[6],
  'call_ref', ARGV[7], 'since', ARGV[8], 'version', stands[1], 'code', stands[2] }
for n, name in ipairs(names) do
  entry[#entry + 1] = 'was_' .. name
  entry[#entry + 1] = stands[n + 1] or ''
end
redis.call('XADD', KEYS[2], '*', unpack(entry))
return 'done'
