-- store/lua/include/keep.lua - a key lives for so many ms from now, or longer (rule 21). Needs number.lua.
-- What somebody stored to be kept for longer is not kept for less.
-- It writes in any case. A full Redis refuses a script whose first write may grow; after this one it lets the rest be.
local function keep(key, ttl_ms)
  redis.call('PEXPIRE', key, text_of(math.max(tonumber(ttl_ms), redis.call('PTTL', key))))
end
