-- Claims a call for a while, renews the claim, or gives it up. A claim is a courtesy: it tells the
-- others, and an outcome recorded over it has to say so.
--
-- KEYS[1] the call's hash, KEYS[2] the journal
-- ARGV    1 claim id, 2 by, 3 verified ('1' or ''), 4 its life in ms, 0 to give it up,
--         5 '1' to renew only what still stands, 6 seconds to keep the hash, 7 source, 8 feed,
--         9 call_ref, 10 since
--
-- Returns {outcome, by, until (ms)} with outcome one of claimed, held, released, gone.

local id, by, until_ms = unpack(
  redis.call('HMGET', KEYS[1], 'claim_id', 'claim_by', 'claim_until'))

local function journal(kind, ...)
  redis.call('XADD', KEYS[2], '*', 'kind', kind, 'source', ARGV[7], 'call_feed', ARGV[8],
    'call_ref', ARGV[9], 'since', ARGV[10], 'by', ARGV[2], 'verified', ARGV[3],
    'claim', ARGV[1], ...)
end

if ARGV[4] == '0' then
  if id ~= ARGV[1] then
    return { 'gone', by or '', until_ms or '' }
  end
  journal('release')
  redis.call('HDEL', KEYS[1], 'claim_id', 'claim_by', 'claim_until')
  return { 'released', '', '' }
end

if ARGV[5] == '1' and id ~= ARGV[1] then
  return { 'gone', by or '', until_ms or '' }
end

local wrong = refused('XADD', KEYS[2], '*', 'kind', 'claim') or refused('HSET', KEYS[1], 'claim_id', '')
  or refused('HDEL', KEYS[1], 'claim_id') or refused('EXPIRE', KEYS[1], '1')
if wrong then
  return redis.error_reply(wrong)
end
rehearse(KEYS[1], redis.call('HGET', KEYS[1], 'version') or '0', ARGV[6])

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if id and id ~= ARGV[1] and by ~= ARGV[2] and now < tonumber(until_ms) then
  return { 'held', by, until_ms }
end

until_ms = string.format('%.0f', now + tonumber(ARGV[4]))
journal('claim', 'until', until_ms)
redis.call('HSET', KEYS[1], 'claim_id', ARGV[1], 'claim_by', ARGV[2], 'claim_until', until_ms)
redis.call('EXPIRE', KEYS[1], ARGV[6])
return { 'claimed', ARGV[2], until_ms }
