-- store/lua/lose.lua - a list of which something cannot be kept, or read, is lost from now on (rule 25).
--
-- KEYS    the list's hash, list, minutes, states, meta, losses
-- ARGV    minute, its start in s, time to live in ms
-- Answer  stored, or closed if the list is final and stays so
--         Error 'ODD 6 ...': not even the loss could be kept.
--
-- The loss itself is written first. What is said of it in public is worth less, and may be odd too.
-- include: number.lua
-- include: keep.lua
local hash, list, minutes, states, meta, losses = unpack(KEYS)
local minute, start_s, ttl_ms = unpack(ARGV)
local MINUTES_KEY, META_KEY = 3, 5

local function is_error(reply) return type(reply) == 'table' and reply.err end

if redis.pcall('HGET', hash, 'closed') == '1' then return 'closed' end
local served = redis.pcall('ZCARD', list)
if redis.pcall('HGET', states, minute) == 'final' and not is_error(served) and served > 0 then return 'closed' end

local kept = redis.pcall('HSET', losses, minute, '1')
if is_error(kept) then return redis.error_reply('ODD 6 ' .. kept.err) end
keep(losses, ttl_ms)
if type(redis.pcall('HGET', hash, 'token')) == 'string' then redis.call('HSET', hash, 'lost', '1') end

redis.pcall('ZADD', minutes, start_s, minute)
redis.pcall('HSET', states, minute, 'lost')
redis.pcall('HINCRBY', meta, 'seq', 1)
for k = MINUTES_KEY, META_KEY do keep(KEYS[k], ttl_ms) end
return 'stored'
