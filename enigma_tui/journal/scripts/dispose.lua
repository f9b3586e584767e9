-- Records the outcome of a call, once, and only if it is as the supervisor saw it.
--
-- KEYS[1] the call's hash, KEYS[2] the newest use of its reference, KEYS[3] the journal
-- ARGV    1 act id, 2 expected version, 3 code, 4 note, 5 callback (ms or ''), 6 reason,
--         7 by, 8 verified ('1' or ''), 9 '1' to act over somebody else's claim,
--         10 seconds to keep the hash, 11 source, 12 feed, 13 call_ref, 14 since (ms),
--         15 since (seq)
--
-- Returns {outcome, version, code, by, at, note} with outcome one of done, repeated, conflict,
-- claimed, superseded; behind them stands what is recorded, behind `claimed` by whom and until
-- when (ms) the call is.

local acts = redis.call('HGET', KEYS[1], 'acts') or ''
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')

if string.find(acts, ' ' .. ARGV[1] .. ' ', 1, true) then
  return recorded(KEYS[1], 'repeated', version)
end

local newest = redis.call('GET', KEYS[2])
local ms, seq = tonumber(ARGV[14]), tonumber(ARGV[15])
if newest then
  local newest_ms, newest_seq = string.match(newest, '^(%d+)-(%d+)$')
  newest_ms, newest_seq = tonumber(newest_ms), tonumber(newest_seq)
  if newest_ms > ms or (newest_ms == ms and newest_seq > seq) then
    return recorded(KEYS[1], 'superseded', version)
  end
end

if version ~= tonumber(ARGV[2]) then
  return recorded(KEYS[1], 'conflict', version)
end

local claimant, until_ms = unpack(redis.call('HMGET', KEYS[1], 'claim_by', 'claim_until'))
if claimant and claimant ~= ARGV[7] and ARGV[9] ~= '1' then
  local now = redis.call('TIME')
  if tonumber(now[1]) * 1000 + tonumber(now[2]) / 1000 < tonumber(until_ms) then
    return { 'claimed', version, '', claimant, until_ms, '' }
  end
end

local wrong = refused('XADD', KEYS[3], '*', 'kind', 'disposition')
  or refused('HSET', KEYS[1], 'version', '1') or refused('HDEL', KEYS[1], 'claim_id')
  or refused('EXPIRE', KEYS[1], '1') or refused('SET', KEYS[2], '', 'EX', '1')
if wrong then
  return redis.error_reply(wrong)
end

local since = ARGV[14] .. '-' .. ARGV[15]
rehearse(KEYS[1], version, ARGV[10])
if not redis.acl_check_cmd then
  redis.call('SET', KEYS[2], newest or since, 'EX', ARGV[10])
end

version = version + 1
local id = redis.call('XADD', KEYS[3], '*', 'kind', 'disposition', 'source', ARGV[11],
  'call_feed', ARGV[12], 'call_ref', ARGV[13], 'since', since,
  'version', version, 'code', ARGV[3], 'note', ARGV[4], 'callback', ARGV[5],
  'reason', ARGV[6], 'by', ARGV[7], 'verified', ARGV[8], 'act', ARGV[1])

local kept = {}
for act in string.gmatch(acts, '%S+') do
  kept[#kept + 1] = act
end
kept[#kept + 1] = ARGV[1]
acts = ' ' .. table.concat(kept, ' ', math.max(1, #kept - 31)) .. ' '

-- What stood before is kept beside, for the one undo that there may be.
local outcome = { 'code', 'note', 'callback', 'reason', 'by', 'verified', 'at', 'act' }
local before = redis.call('HMGET', KEYS[1], unpack(outcome))
local now = {
  code = ARGV[3], note = ARGV[4], callback = ARGV[5], reason = ARGV[6], by = ARGV[7],
  verified = ARGV[8], at = string.match(id, '^%d+'), act = ARGV[1],
}
local fields = { 'version', version, 'acts', acts }
for n, name in ipairs(outcome) do
  fields[#fields + 1] = name
  fields[#fields + 1] = now[name]
  fields[#fields + 1] = 'was_' .. name
  fields[#fields + 1] = before[n] or ''
end
redis.call('HSET', KEYS[1], unpack(fields))
redis.call('HDEL', KEYS[1], 'claim_id', 'claim_by', 'claim_until')
redis.call('EXPIRE', KEYS[1], ARGV[10])
redis.call('SET', KEYS[2], since, 'EX', ARGV[10])
return recorded(KEYS[1], 'done', version)
