-- What a script that has several things to write asks before it writes any of them.

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
