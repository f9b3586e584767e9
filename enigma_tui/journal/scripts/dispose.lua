-- Records the outcome of a call, once, and only if it is as the supervisor saw it.
--
-- KEYS[1] the call's hash, KEYS[2] the newest use of its reference, KEYS[3] the journal
-- ARGV    1 act id, 2 expected version, 3 code, 4 note, 5 callback (ms or ''), 6 by,
--         7 verified ('1' or ''), 8 seconds to keep the hash, 9 source, 10 feed, 11 call_ref,
--         12 since (ms), 13 since (seq)
--
-- Returns {outcome, version, code, by, at, note} with outcome one of done, repeated, conflict,
-- superseded; behind a conflict stands what is recorded.

local acts = redis.call('HGET', KEYS[1], 'acts') or ''
local version = tonumber(redis.call('HGET', KEYS[1], 'version') or '0')

local function recorded(outcome)
  local held = redis.call('HMGET', KEYS[1], 'code', 'by', 'at', 'note')
  return { outcome, version, held[1] or '', held[2] or '', held[3] or '', held[4] or '' }
end

if string.find(acts, ' ' .. ARGV[1] .. ' ', 1, true) then
  return recorded('repeated')
end

local newest = redis.call('GET', KEYS[2])
local ms, seq = tonumber(ARGV[12]), tonumber(ARGV[13])
if newest then
  local newest_ms, newest_seq = string.match(newest, '^(%d+)-(%d+)$')
  newest_ms, newest_seq = tonumber(newest_ms), tonumber(newest_seq)
  if newest_ms > ms or (newest_ms == ms and newest_seq > seq) then
    return recorded('superseded')
  end
end

if version ~= tonumber(ARGV[2]) then
  return recorded('conflict')
end

version = version + 1
local id = redis.call('XADD', KEYS[3], '*', 'kind', 'disposition', 'source', ARGV[9],
  'call_feed', ARGV[10], 'call_ref', ARGV[11], 'since', ARGV[12] .. '-' .. ARGV[13],
  'version', version, 'code', ARGV[3], 'note', ARGV[4], 'callback', ARGV[5], 'by', ARGV[6],
  'verified', ARGV[7], 'act', ARGV[1])
local kept = {}
for act in string.gmatch(acts, '%S+') do
  kept[#kept + 1] = act
end
kept[#kept + 1] = ARGV[1]
acts = ' ' .. table.concat(kept, ' ', math.max(1, #kept - 31)) .. ' '
redis.call('HSET', KEYS[1], 'version', version, 'code', ARGV[3], 'note', ARGV[4],
  'callback', ARGV[5], 'by', ARGV[6], 'verified', ARGV[7],
  'at', string.match(id, '^%d+'), 'acts', acts)
redis.call('EXPIRE', KEYS[1], ARGV[8])
redis.call('SET', KEYS[2], ARGV[12] .. '-' .. ARGV[13], 'EX', ARGV[8])
return recorded('done')
