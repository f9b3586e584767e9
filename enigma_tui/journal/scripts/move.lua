-- Moves notifications from a PBX's lists to the journal on the same server.
--
-- KEYS[1]     the journal
-- KEYS[2..]   the lists, those that matter first; behind each the lists that get a copy
-- ARGV[1]     the most entries to move; 0 asks only whether moving would be possible
-- ARGV[2]     the side to take from: left or right
-- ARGV[3]     the source's name
-- ARGV[4..]   for each list four values: kind, feed, how many of its entries waited uncollected,
--             how many lists get a copy
--
-- Returns, for each list, how many were moved and how many are left.
--
-- A script that fails half way must lose nothing and leave nothing to be done twice. So whatever
-- can fail is asked first: the types and the permissions. Memory is the server's to refuse, and it
-- does so at the first write and never after it: so no write may be a mere probe here,
-- but for a server that cannot be asked for permissions. The copies
-- are pushed before anything is journalled, and the lists are trimmed last of all.

local MOST_BYTES = 4 * 1024 * 1024

local room, side, source = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local push = side == 'left' and 'RPUSH' or 'LPUSH'

local lists, place = {}, 2
for n = 4, #ARGV, 4 do
  local list = {
    key = KEYS[place], kind = ARGV[n], feed = ARGV[n + 1], late = tonumber(ARGV[n + 2]),
    relays = {},
  }
  for relay = 1, tonumber(ARGV[n + 3]) do
    list.relays[relay] = KEYS[place + relay]
  end
  place = place + 1 + #list.relays
  lists[#lists + 1] = list
end

local wrong = wrong_type(KEYS[1], 'stream')
for n = 2, #KEYS do
  wrong = wrong or wrong_type(KEYS[n], 'list')
end
wrong = wrong or refused('XADD', KEYS[1], '*', 'kind', 'call')
for _, list in ipairs(lists) do
  wrong = wrong or refused('LTRIM', list.key, '0', '-1') or refused('LLEN', list.key)
  for _, relay in ipairs(list.relays) do
    wrong = wrong or refused(push, relay, 'copy')
  end
end
if wrong then
  return redis.error_reply(wrong)
end

if not redis.acl_check_cmd then
  -- This changes nothing. A user who may append and not trim would journal the same again and
  -- again, also if the right is taken away while this runs. Being a write, it has such a server
  -- ask no more for memory in this run: it may hold one batch more than it should.
  for _, list in ipairs(lists) do
    redis.call('LTRIM', list.key, 0, -1)
  end
end
if room == 0 and not redis.acl_check_cmd then
  -- Nor does this: no entry can have the id 0-0.
  local probe = redis.pcall('XADD', KEYS[1], '0-0', 'kind', 'call')
  if not string.find(probe.err, '0-0', 1, true) then
    return probe
  end
end

local bytes = MOST_BYTES
for _, list in ipairs(lists) do
  list.raws, room, bytes = oldest_of(list.key, side, room, bytes)
end

for _, list in ipairs(lists) do
  for _, relay in ipairs(list.relays) do
    if #list.raws > 0 then
      redis.call(push, relay, unpack(list.raws))
    end
  end
end

-- Most of a run is spent here, so what a table would be asked for each time is asked once.
local call, journal = redis.call, KEYS[1]
for _, list in ipairs(lists) do
  local kind, feed, late = list.kind, list.feed, list.late
  for n, raw in ipairs(list.raws) do
    if n <= late then
      call('XADD', journal, '*', 'kind', kind, 'raw', raw, 'source', source, 'feed', feed, 'late', '1')
    else
      call('XADD', journal, '*', 'kind', kind, 'raw', raw, 'source', source, 'feed', feed)
    end
  end
end

local answer = {}
for _, list in ipairs(lists) do
  local moved = #list.raws
  local left = redis.call('LLEN', list.key) - moved
  if moved > 0 then
    if side == 'left' then
      redis.call('LTRIM', list.key, moved, -1)
    else
      redis.call('LTRIM', list.key, 0, -moved - 1)
    end
  end
  answer[#answer + 1] = moved
  answer[#answer + 1] = left
end
return answer
