-- Takes back the outcome that was recorded last, within the grace period, by whoever recorded it.
--
-- KEYS[1] the call's hash, KEYS[2] the journal
-- ARGV    1 act id, 2 the act to take back, 3 by, 4 verified ('1' or ''), 5 grace (ms),
--         6 seconds to keep the hash, 7 source, 8 feed, 9 call_ref, 10 since
--
-- Returns {outcome, version, code, by, at, note} with outcome one of done, repeated, conflict,
-- late, absent, delivered; behind it stands what is recorded. Behind `delivered` it says to whom.

local acts, version, last, by, at, sent, to, before = unpack(redis.call('HMGET', KEYS[1],
  'acts', 'version', 'act', 'by', 'at', 'sent_act', 'sent_to', 'was_act'))
acts = acts or ''
version = tonumber(version or '0')

if string.find(acts, ' ' .. ARGV[1] .. ' ', 1, true) then
  return recorded(KEYS[1], 'repeated', version)
end
if not string.find(acts, ' ' .. ARGV[2] .. ' ', 1, true) then
  return recorded(KEYS[1], 'absent', version)
end
if last ~= ARGV[2] or by ~= ARGV[3] then
  return recorded(KEYS[1], 'conflict', version)
end
if sent == last then
  local answer = recorded(KEYS[1], 'delivered', version)
  answer[#answer + 1] = to
  return answer
end
-- What an undo has brought back stays: what stood before that is not known any more.
if not before then
  return recorded(KEYS[1], 'late', version)
end
local now = redis.call('TIME')
if tonumber(now[1]) * 1000 + tonumber(now[2]) / 1000 - tonumber(at) > tonumber(ARGV[5]) then
  return recorded(KEYS[1], 'late', version)
end

local wrong = refused('XADD', KEYS[2], '*', 'kind', 'undo')
  or refused('HSET', KEYS[1], 'version', '1') or refused('HDEL', KEYS[1], 'was_code')
  or refused('EXPIRE', KEYS[1], '1')
if wrong then
  return redis.error_reply(wrong)
end

rehearse(KEYS[1], version, ARGV[6])
version = version + 1
local outcome = { 'code', 'note', 'callback', 'reason', 'by', 'verified', 'at', 'act' }
local names = {}
for n, name in ipairs(outcome) do
  names[n] = 'was_' .. name
end
local was = redis.call('HMGET', KEYS[1], unpack(names))
local entry = { 'kind', 'undo', 'source', ARGV[7], 'call_feed', ARGV[8], 'call_ref', ARGV[9],
  'since', ARGV[10], 'version', version, 'by', ARGV[3], 'verified', ARGV[4], 'act', ARGV[1],
  'undone', ARGV[2], 'code', redis.call('HGET', KEYS[1], 'code') }
local fields = { 'version', version, 'acts', acts .. ARGV[1] .. ' ' }
for n, name in ipairs(outcome) do
  entry[#entry + 1] = names[n]
  entry[#entry + 1] = was[n] or ''
  fields[#fields + 1] = name
  fields[#fields + 1] = was[n] or ''
end
redis.call('XADD', KEYS[2], '*', unpack(entry))
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('HDEL', KEYS[1], unpack(names))
redis.call('EXPIRE', KEYS[1], ARGV[6])
return recorded(KEYS[1], 'done', version)
