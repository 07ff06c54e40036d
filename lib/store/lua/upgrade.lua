-- store/lua/upgrade.lua - a list's hash that version 2 wrote becomes one of this version, so that it can be read.
--
-- KEYS    the list's hash
-- ARGV    time to live in ms
-- Answer  OK
--
-- Its life is set first, which costs nothing: on a full Redis, too, a list must become final, for that frees memory.
-- include: number.lua
-- include: keep.lua
-- include: version_2.lua
local hash, ttl_ms = KEYS[1], ARGV[1]
if redis.call('HGET', hash, 'token') then return 'OK' end
keep(hash, ttl_ms)
renamed_from_version_2(hash)
return 'OK'
