-- What several scripts need. One that has more than one thing to write asks first, before it
-- writes any of them, whether it could write all.

-- Returns what is wrong with a key's type, or nothing.
local function wrong_type(key, wanted)
  local found = redis.call('TYPE', key)
  found = found.ok or found
  if found ~= wanted and found ~= 'none' then
    return 'WRONGTYPE ' .. key .. ' is a ' .. found .. ', not a ' .. wanted
  end
end

-- Returns that this user may not do that to that key, or nothing. Redis 6.2 cannot be asked.
local function refused(command, key, ...)
  if redis.acl_check_cmd and not redis.acl_check_cmd(command, key, ...) then
    return 'NOPERM this user has no permissions to run the \'' .. string.lower(command)
      .. '\' command on the key ' .. key
  end
end

-- Returns how many replicas follow this server.
local function replicas()
  return tonumber(string.match(redis.call('INFO', 'replication'), 'connected_slaves:(%d+)') or 0)
end

-- Does what an act will do to a call's hash without changing anything, where the server cannot be
-- asked (Redis 6.2): what it refuses is then refused before the act stands in the journal.
local function rehearse(hash, version, keep)
  if not redis.acl_check_cmd then
    redis.call('HSET', hash, 'version', version)
    redis.call('HDEL', hash, 'rehearsed')
    redis.call('EXPIRE', hash, keep)
  end
end

-- Reads the oldest entries of a list, up to so many and, but for one slice, so many bytes: large
-- payloads end a batch early, since a script keeps everyone else waiting and holds what it reads.
-- Returns them, the oldest first, with what is left of the room and of the bytes.
local SLICE = 25
local function oldest_of(key, side, room, bytes)
  local raws = {}
  while room > 0 and bytes > 0 do
    local want, count = math.min(room, SLICE), #raws
    local items
    if side == 'left' then
      items = redis.call('LRANGE', key, count, count + want - 1)
    else
      items = redis.call('LRANGE', key, -count - want, -count - 1)
    end
    for n = 1, #items do
      local raw = side == 'left' and items[n] or items[#items + 1 - n]
      raws[count + n] = raw
      bytes = bytes - #raw
    end
    room = room - #items
    if #items < want then
      break
    end
  end
  return raws, room, bytes
end

-- Whether an outcome stands no longer: it was taken back, or another act came after it. A record
-- that has expired, or does not know the act, says nothing of that.
local function replaced(hash, act)
  local stands, acts = unpack(redis.call('HMGET', hash, 'act', 'acts'))
  return stands and stands ~= act and string.find(acts or '', ' ' .. act .. ' ', 1, true)
end

-- Returns the names and values by which a call's hash tells that its outcome goes to a target:
-- from then on it is not taken back. Nothing, where the record has expired.
local function sent_to(hash, act, target)
  local stands, sent, to = unpack(redis.call('HMGET', hash, 'act', 'sent_act', 'sent_to'))
  if stands ~= act then
    return
  end
  if sent == act and not string.find(', ' .. to .. ',', ', ' .. target .. ',', 1, true) then
    target = to .. ', ' .. target
  elseif sent == act then
    target = to
  end
  return { 'sent_act', act, 'sent_to', target }
end

-- Returns what a call's hash says after an act: its outcome, version, code, by, at, note.
local function recorded(hash, outcome, version)
  local held = redis.call('HMGET', hash, 'code', 'by', 'at', 'note')
  return { outcome, version, held[1] or '', held[2] or '', held[3] or '', held[4] or '' }
end
