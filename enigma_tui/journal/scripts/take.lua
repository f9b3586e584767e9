-- Takes a batch from a list at the source, to be appended to a journal that is elsewhere.
--
-- KEYS[1]     the list
-- KEYS[2]     its batch: a list of the batch's id and then its payloads, the oldest first
-- KEYS[3..]   the lists that get a copy
-- ARGV[1]     the most entries to take; 0 asks only whether taking would be possible, -1 takes none
--             and answers with the batch that is there
-- ARGV[2]     the side to take from: left or right
-- ARGV[3]     the id that a new batch gets
--
-- Returns how many are left in the list, how many are in the batch, how many replicas follow this
-- server, and unless only asked, the batch's id and its payloads. A batch that is there already is
-- the answer, however old: it may be in the journal, or not, and nobody but the journal knows. So
-- there is one batch at a time, and whoever collects next finds it.
--
-- As in move.lua: whatever can fail is asked first, and the list is trimmed last.

-- The most bytes of payload in a batch, but for one payload that is larger: they have to arrive
-- within the seconds that an answer may take, over a slow line too.
local MOST_BYTES = 256 * 1024

-- Returns as many of these payloads, from the first, as may travel together.
local function fitting(raws)
  local bytes, fit = 0, {}
  for n, raw in ipairs(raws) do
    bytes = bytes + #raw
    if n > 1 and bytes > MOST_BYTES then
      break
    end
    fit[n] = raw
  end
  return fit
end

local room, side = tonumber(ARGV[1]), ARGV[2]
local push = side == 'left' and 'RPUSH' or 'LPUSH'

local followers = replicas()
local wrong
for n = 1, #KEYS do
  wrong = wrong or wrong_type(KEYS[n], 'list')
end
wrong = wrong or refused('LTRIM', KEYS[1], '0', '-1') or refused('LLEN', KEYS[1])
  or refused('RPUSH', KEYS[2], 'id') or refused('LINDEX', KEYS[2], '0')
  or refused('DEL', KEYS[2])
if followers > 0 then
  -- What the mover needs to have the batch confirmed.
  wrong = wrong or refused('LMOVE', KEYS[2], KEYS[2], 'LEFT', 'LEFT')
  if redis.acl_check_cmd and not redis.acl_check_cmd('WAIT', '1', '0') then
    wrong = wrong or 'NOPERM this user has no permissions to run the \'wait\' command'
  end
end
for n = 3, #KEYS do
  wrong = wrong or refused(push, KEYS[n], 'copy')
end
if wrong then
  return redis.error_reply(wrong)
end

if room == 0 then
  if not redis.acl_check_cmd then
    redis.call('LTRIM', KEYS[1], 0, -1)  -- changes nothing
  end
  local taken = math.max(0, redis.call('LLEN', KEYS[2]) - 1)
  return { redis.call('LLEN', KEYS[1]), taken, followers }
end
local batch = redis.call('LRANGE', KEYS[2], 0, -1)
if #batch > 0 then
  return { redis.call('LLEN', KEYS[1]), #batch - 1, followers, unpack(batch) }
end

local raws = fitting((oldest_of(KEYS[1], side, room, MOST_BYTES)))
local left = redis.call('LLEN', KEYS[1]) - #raws
if #raws == 0 then
  return { left, 0, followers }
end
redis.call('RPUSH', KEYS[2], ARGV[3], unpack(raws))

-- Where permissions could not be asked for, what is refused here takes the batch back: left behind
-- with the list untrimmed, its payloads would be journalled twice.
local failed
local function attempt(...)
  local answer = not failed and redis.pcall(...)
  if type(answer) == 'table' and answer.err then
    failed = answer
  end
end
for n = 3, #KEYS do
  attempt(push, KEYS[n], unpack(raws))
end
if side == 'left' then
  attempt('LTRIM', KEYS[1], #raws, -1)
else
  attempt('LTRIM', KEYS[1], 0, -#raws - 1)
end
if failed then
  redis.call('DEL', KEYS[2])
  return failed
end
return { left, #raws, followers, ARGV[3], unpack(raws) }
