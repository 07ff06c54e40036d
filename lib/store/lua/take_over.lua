-- store/lua/take_over.lua - the board of the version before is one of this version from now on.
--
-- KEYS    the progress
-- ARGV    this version
-- Answer  OK
--
-- A write that costs nothing comes first, for a script that has written is let go on where memory is full. There, too,
-- lists must become final, for that frees memory.
local progress, version = KEYS[1], ARGV[1]
redis.call('HDEL', progress, '')
redis.call('HSET', progress, 'version', version)
return 'OK'
