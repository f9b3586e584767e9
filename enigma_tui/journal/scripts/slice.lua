-- Reads on in a batch that is larger than what travels in one answer.
-- KEYS[1] the batch; ARGV[1] its id, ARGV[2] how many of its payloads have been read
-- Returns the next ones, or nothing if it is another batch by now.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then
  return false
end
return slice_of(KEYS[1], tonumber(ARGV[2]) + 1)
