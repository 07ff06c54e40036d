-- store/lua/contribute.lua - stores what partitions say of one list (rules 9, 21).
--
-- KEYS    the list's hash
-- ARGV    token for a new hash, time to live in ms, then for each part:
--           name of the partition
--           fence, then '1' if the part is final, else '0', then '-' if it goes only into a hash that is there
--           items
-- Answer  for each part a word and a space: stored newer closed expired
--
-- A closed hash lives on as if the part were stored: whoever brought it vouches for that (rule 21).
-- A part is stored unless one with a higher fence is there. What is no fence is written anew. A count of writes that is
-- no number goes on from the writes that were merged.
-- include: number.lua
-- include: clock.lua
-- include: keep.lua
-- include: fence.lua
-- include: version_2.lua
local hash = KEYS[1]
local new_token, ttl_ms = ARGV[1], ARGV[2]
local ARGS_A_PART, FIRST_PART = 3, 3
-- What Lua's stack holds with ease. Nearly every call is one page, and then these are all the commands.
local ARGS_A_PAGE = 500 * ARGS_A_PART
-- What a fence field holds: the fence, then '0' or '1'.
local FENCE_FIELD_LEN = FENCE_LEN + 1
local HEAD_FIELDS = 3

local function head_and_fences(fence_fields)
  return redis.call('HMGET', hash, 'closed', 'token', 'writes', unpack(fence_fields))
end

local function known_fence(value)
  return value and #value == FENCE_FIELD_LEN and begins_with_fence(value) and value
end

local answers, stored = {}, {}
for first = FIRST_PART, #ARGV, ARGS_A_PAGE do
  local fence_fields = {}
  for i = first, math.min(first + ARGS_A_PAGE - 1, #ARGV), ARGS_A_PART do
    fence_fields[#fence_fields + 1] = 'fence:' .. ARGV[i]
  end
  local there = head_and_fences(fence_fields)
  if not there[1] and not there[2] and renamed_from_version_2(hash) then there = head_and_fences(fence_fields) end
  local closed, token, writes = there[1], there[2], there[3]
  if closed then
    keep(hash, ttl_ms)
    return string.rep('closed ', (#ARGV - FIRST_PART + 1) / ARGS_A_PART)
  end

  local set = {}
  for k, field in ipairs(fence_fields) do
    local at = first + ARGS_A_PART * (k - 1)
    local partition, fence, items = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    local known = stored[field] or known_fence(there[HEAD_FIELDS + k])
    local only_if_there = #fence > FENCE_FIELD_LEN
    if known and fence_of(known) > fence_of(fence) then
      answers[#answers + 1] = 'newer '
    elseif only_if_there and not token and not next(stored) then
      answers[#answers + 1] = 'expired '
    else
      local n = #set
      set[n + 1], set[n + 2] = field, fence:sub(1, FENCE_FIELD_LEN)
      set[n + 3], set[n + 4] = 'items:' .. partition, items
      stored[field] = fence
      answers[#answers + 1] = 'stored '
    end
  end

  local n = #set
  if n > 0 then
    local before = tonumber(writes) or tonumber(writes and redis.call('HGET', hash, 'merged_writes')) or 0
    set[n + 1], set[n + 2] = 'writes', text_of(before + n / 4)
    if not token then
      set[n + 3], set[n + 4] = 'token', new_token
      set[n + 5], set[n + 6] = 'born', text_of(redis_ms())
    end
    redis.call('HSET', hash, unpack(set))
  end
end
if next(stored) then keep(hash, ttl_ms) end
return table.concat(answers)
