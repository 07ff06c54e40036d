-- store/lua/include/clock.lua - the clock of Redis in ms; workers' clocks differ.
local function redis_ms()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end
