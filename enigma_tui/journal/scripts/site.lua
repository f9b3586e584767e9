-- Writes the shared settings, unless somebody else has written them since they were read.
-- KEYS[1] the settings, KEYS[2] the journal
-- ARGV[1] what they were when read ('' for nothing), ARGV[2] what they shall be, ARGV[3] by whom
-- Returns 1 if they were written.
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then
  return 0
end
redis.call('XADD', KEYS[2], '*', 'kind', 'site', 'by', ARGV[3])
redis.call('SET', KEYS[1], ARGV[2])
return 1
