-- Notes what became of a delivery and how far delivery has come; pushes to the target's list.
--
-- KEYS[1] the target's record, a hash: `done`, the entry up to which nothing is owed, and `turn`,
--         which counts what was written; KEYS[2] the journal; where there is a list: KEYS[3] the
--         list, KEYS[4] the call's hash
-- ARGV    1 the turn that the deliverer knows of, 2 the entry up to which nothing is owed then,
--         3 seconds to keep the record, 4 the most that the list may hold, 5 what to push,
--         6 the act that is pushed, 7 the target, 8.. names and values of the journal's entry, if
--         any
--
-- Returns {outcome, length of the list} with outcome one of done, full, overtaken, replaced: the
-- outcome stands no longer.
--
-- A deliverer reads the turn before it reads the journal, so one whose turn is the newest knows
-- of everything that was written here. One that was frozen meanwhile, or a command that comes
-- late over a slow network, is overtaken and writes nothing: that is why a list has each once.

local wrong = wrong_type(KEYS[1], 'hash') or wrong_type(KEYS[2], 'stream')
  or refused('HSET', KEYS[1], 'turn', '1') or refused('EXPIRE', KEYS[1], '1')
  or refused('XADD', KEYS[2], '*', 'kind', 'delivery')
if KEYS[3] then
  wrong = wrong or wrong_type(KEYS[3], 'list') or refused('RPUSH', KEYS[3], '')
    or wrong_type(KEYS[4], 'hash') or refused('HSET', KEYS[4], 'sent_act', '')
end
if wrong then
  return redis.error_reply(wrong)
end

if (redis.call('HGET', KEYS[1], 'turn') or '0') ~= ARGV[1] then
  return { 'overtaken', 0 }
end

-- Redis 6.2 refuses to append before it looks at the id; this one it never takes. It is asked so,
-- and the rest tried in an order in which each step can be taken back by what has been permitted
-- already: neither a push nor a journal's entry can.
if #ARGV > 7 and not redis.acl_check_cmd then
  local probe = redis.pcall('XADD', KEYS[2], '0-0', 'kind', 'delivery')
  if not string.find(probe.err, 'greater than 0-0', 1, true) then
    return probe
  end
end

local length = 0
local sent, unsent
if KEYS[3] then
  if replaced(KEYS[4], ARGV[6]) then
    return { 'replaced', 0 }
  end
  sent = sent_to(KEYS[4], ARGV[6], ARGV[7])
  local was = redis.call('HMGET', KEYS[4], 'sent_act', 'sent_to')
  unsent = { 'sent_act', was[1] or '', 'sent_to', was[2] or '' }
  length = redis.call('LLEN', KEYS[3])
  if length >= tonumber(ARGV[4]) then
    return { 'full', length }
  end
end

local before = redis.call('HGET', KEYS[1], 'done') or ''
local turn = string.format('%.0f', tonumber(ARGV[1]) + 1)
redis.call('HSET', KEYS[1], 'turn', turn, 'done', ARGV[2])
local answer = redis.pcall('EXPIRE', KEYS[1], ARGV[3])
if sent and not (type(answer) == 'table' and answer.err) then
  answer = redis.pcall('HSET', KEYS[4], unpack(sent))
end
if KEYS[3] and not (type(answer) == 'table' and answer.err) then
  answer = redis.pcall('RPUSH', KEYS[3], ARGV[5])
  length = answer
  if sent and type(answer) == 'table' and answer.err then
    redis.call('HSET', KEYS[4], unpack(unsent))
  end
end
if type(answer) == 'table' and answer.err then
  redis.call('HSET', KEYS[1], 'turn', ARGV[1], 'done', before)
  return answer
end
if #ARGV > 7 then
  redis.call('XADD', KEYS[2], '*', unpack(ARGV, 8))
end
return { 'done', length }
