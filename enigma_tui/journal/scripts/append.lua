-- Appends a batch that was taken at a source to the journal, unless it is there already.
--
-- KEYS[1]    the journal
-- KEYS[2]    the ids of this list's batches that are in the journal, by time
-- ARGV[1]    the batch's id; '' asks only whether appending would be possible
-- ARGV[2]    source, ARGV[3] kind, ARGV[4] feed
-- ARGV[5]    how many of its entries waited uncollected
-- ARGV[6..]  the payloads, the oldest first
--
-- Returns 1 if it was appended, 0 if it was there; and how many replicas follow this server.
--
-- As in move.lua: whatever can fail is asked first. The first entry is the first write: where the
-- server has no memory left, neither the entries nor the id are written.

-- Whoever was frozen with a batch in hand, and goes on within a day, is told by its id that it is
-- there already: however many others have come since, up to a limit of memory.
local KEPT, KEPT_MS, MOST = 10000, 24 * 60 * 60 * 1000, 1000000
-- The most ids that one run removes: more than it adds, and no long work.
local ROUND = 100

local wrong = wrong_type(KEYS[1], 'stream') or wrong_type(KEYS[2], 'zset')
  or refused('XADD', KEYS[1], '*', 'kind', 'call')
  or refused('ZADD', KEYS[2], '0', 'id')
  or refused('ZREVRANGE', KEYS[2], '0', '0', 'WITHSCORES')
  or refused('ZCARD', KEYS[2])
  or refused('ZREMRANGEBYRANK', KEYS[2], '0', '0')
if wrong then
  return redis.error_reply(wrong)
end

local followers = replicas()
local id, source, kind, feed, late = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])

if id == '' then
  if not redis.acl_check_cmd then
    -- Neither changes anything: no entry can have the id 0-0, and no batch is called ''.
    redis.call('ZADD', KEYS[2], 'XX', 0, '')
    local probe = redis.pcall('XADD', KEYS[1], '0-0', 'kind', 'call')
    if not string.find(probe.err, '0-0', 1, true) then
      return probe
    end
  end
  return { 0, followers }
end

if redis.call('ZSCORE', KEYS[2], id) then
  return { 0, followers }
end

local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
-- A clock that was set back must not make the newest id look like an older one.
local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local score = math.max(now, tonumber(newest[2] or 0) + 1)

for n = 6, #ARGV do
  if n - 5 <= late then
    redis.call('XADD', KEYS[1], '*', 'kind', kind, 'raw', ARGV[n], 'source', source, 'feed', feed, 'late', '1')
  else
    redis.call('XADD', KEYS[1], '*', 'kind', kind, 'raw', ARGV[n], 'source', source, 'feed', feed)
  end
end
redis.call('ZADD', KEYS[2], string.format('%.0f', score), id)

local known = redis.call('ZCARD', KEYS[2])
local spare = math.min(known - KEPT, ROUND)
if spare > 0 then
  local outdated = math.max(0, math.min(known - MOST, spare))
  local oldest = redis.call('ZREVRANGE', KEYS[2], -spare, -1, 'WITHSCORES')
  for n = #oldest, 2, -2 do  -- the oldest is the last
    if tonumber(oldest[n]) < now - KEPT_MS then
      outdated = math.max(outdated, (#oldest - n) / 2 + 1)
    end
  end
  if outdated > 0 then
    redis.call('ZREMRANGEBYRANK', KEYS[2], 0, outdated - 1)
  end
end
return { 1, followers }
