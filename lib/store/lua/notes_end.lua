-- store/lua/notes_end.lua - notes of one shard are deleted, or put aside, if they are still the ones that were read
-- (rule 14).
--
-- KEYS    changed, waiting: one that is odd counts as empty, and nothing moves into it
-- ARGV    for each note: 'delete' or 'wait', its field, its token
-- Answer  OK
local changed, waiting = KEYS[1], KEYS[2]
local ARGS_A_NOTE = 3
local may_wait = type(redis.pcall('HLEN', waiting)) == 'number'

local function token_in(notes, field)
  local token = redis.pcall('HGET', notes, field)
  return type(token) == 'string' and token
end

for i = 1, #ARGV, ARGS_A_NOTE do
  local fate, field, token = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if token_in(changed, field) == token then
    -- Deleted before it is added: a full Redis must still be able to put notes aside. Whatever waits is older.
    if fate == 'delete' or may_wait then redis.call('HDEL', changed, field) end
    if fate == 'wait' and may_wait then
      redis.call('HSET', waiting, field, token)
    elseif may_wait then
      redis.call('HDEL', waiting, field)
    end
  elseif fate == 'delete' and token_in(waiting, field) == token then
    redis.call('HDEL', waiting, field)
  end
end
return 'OK'
