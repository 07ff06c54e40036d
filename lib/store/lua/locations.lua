-- store/lua/locations.lua - the index of locations: those that were written now come in, those long silent go.
--
-- KEYS    locations
-- ARGV    time to live in ms, then locations
-- Answer  OK
--
-- The time is that of Redis: a worker whose clock is ahead would take what the others wrote for old.
-- include: number.lua
-- include: clock.lua
local index = KEYS[1]
local ttl_ms = tonumber(ARGV[1])
local FIRST_LOCATION = 2
local now_ms = redis_ms()
for i = FIRST_LOCATION, #ARGV do redis.call('ZADD', index, text_of(now_ms), ARGV[i]) end
redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. text_of(now_ms - ttl_ms))
return 'OK'
