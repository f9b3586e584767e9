-- Asks the server that has the journal for its time.
-- KEYS[1] the journal
-- Returns {seconds, microseconds}.
return redis.call('TIME')
