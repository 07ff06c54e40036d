-- store/lua/forget.lua - takes minutes whose list has expired out of a location's index.
--
-- KEYS    minutes, states, then the list of each minute
-- ARGV    the minutes
-- Answer  OK
--
-- Whether a list is still there is asked of its own key, which must be among KEYS: hence a script of its own, for many
-- minutes at a time.
local minutes, states = KEYS[1], KEYS[2]
local KEYS_BEFORE_LISTS = 2
for i, minute in ipairs(ARGV) do
  local list = KEYS[KEYS_BEFORE_LISTS + i]
  if redis.call('EXISTS', list) == 0 then
    redis.call('ZREM', minutes, minute)
    redis.call('HDEL', states, minute)
  end
end
return 'OK'
