-- Moves notifications from a PBX's lists to the journal on the same server.
--
-- KEYS[1]     the journal
-- KEYS[2..]   the lists, those that matter first
-- ARGV[1]     the most entries to move; 0 asks only whether moving would be possible
-- ARGV[2]     the side to take from: left or right
-- ARGV[3]     the source's name
-- ARGV[4..]   for each list three values: kind, feed, how many of its entries waited uncollected
--
-- Returns, for each list, how many were moved and how many are left.
--
-- Every type is checked before anything is written, and the lists are trimmed last of all: a
-- script that fails half way has lost nothing.

-- Large payloads end a batch early: a script keeps everyone else waiting, and holds in memory
-- what it reads. The bound is looked at after every slice.
local MOST_BYTES = 4 * 1024 * 1024
local SLICE = 25

local function expect(key, wanted)
  local found = redis.call('TYPE', key)
  found = found.ok or found
  if found ~= wanted and found ~= 'none' then
    return 'WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. wanted
  end
end

local wrong = expect(KEYS[1], 'stream')
for i = 2, #KEYS do
  wrong = wrong or expect(KEYS[i], 'list')
end
if wrong then
  return redis.error_reply(wrong)
end

local room, side, source = tonumber(ARGV[1]), ARGV[2], ARGV[3]
if room == 0 then
  for i = 2, #KEYS do
    -- Removes nothing. A user who may append and not trim would journal the same again and again.
    redis.call('LTRIM', KEYS[i], 0, -1)
  end
end

local bytes = MOST_BYTES
local moved = {}
for i = 2, #KEYS do
  local kind, feed, late = ARGV[3 * i - 2], ARGV[3 * i - 1], tonumber(ARGV[3 * i])
  local count = 0
  while room > 0 and bytes > 0 do
    local want = math.min(room, SLICE)
    local items
    if side == 'left' then
      items = redis.call('LRANGE', KEYS[i], count, count + want - 1)
    else
      items = redis.call('LRANGE', KEYS[i], -count - want, -count - 1)
    end
    for n = 1, #items do
      local raw = side == 'left' and items[n] or items[#items + 1 - n]
      if count + n <= late then
        redis.call('XADD', KEYS[1], '*', 'kind', kind, 'raw', raw, 'source', source, 'feed', feed, 'late', '1')
      else
        redis.call('XADD', KEYS[1], '*', 'kind', kind, 'raw', raw, 'source', source, 'feed', feed)
      end
      bytes = bytes - #raw
    end
    count = count + #items
    room = room - #items
    if #items < want then
      break
    end
  end
  moved[i] = count
end

local answer = {}
for i = 2, #KEYS do
  local left = redis.call('LLEN', KEYS[i]) - moved[i]
  if moved[i] > 0 then
    if side == 'left' then
      redis.call('LTRIM', KEYS[i], moved[i], -1)
    else
      redis.call('LTRIM', KEYS[i], 0, -moved[i] - 1)
    end
  end
  answer[#answer + 1] = moved[i]
  answer[#answer + 1] = left
end
return answer
