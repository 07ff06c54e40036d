-- store/lua/join.lua - partitions come to the board before they say anything (rule 23).
--
-- KEYS    progress
-- ARGV    life for a new board, group, version of the contract, then names of partitions
-- Answer  {'ok', life, highest minute of which a list may be closed or '', then for each partition:
--           'new' or 'known', its row as it was or ''}
--         Or {'group', ...} or {'version', ...}, see board.lua.
--
-- A row that nobody wrote yet has settled nothing. It says up to where lists may have been closed without it ('*').
-- A retired row had settled everything ('+'). It keeps what it cannot vouch for.
-- include: fence.lua
-- include: board.lua
local NO_FENCE = string.rep('0', FENCE_LEN)
local FIRST_PARTITION = 4
local closable_until = redis.call('HGET', progress, 'closed') or ''
local settled_nothing = closable_until == '' and '-' or '*' .. closable_until
local answer = {'ok', life, closable_until}

local function is_retired(row) return row:match('^[^;]*;[^;]*;%+;') end

local function joined(row)
  if not row then return NO_FENCE .. ';-;' .. settled_nothing .. ';-;-;-;-;0#0' end
  local text = row:sub(FENCE_LEN + 1):gsub('^(;[^;]*;)%+', '%1' .. settled_nothing, 1)
  return NO_FENCE .. text
end

for i = FIRST_PARTITION, #ARGV do
  local partition = ARGV[i]
  local row = row_of(partition)
  local is_new = not row or fence_of(row) == NO_FENCE or is_retired(row)
  answer[#answer + 1] = is_new and 'new' or 'known'
  answer[#answer + 1] = row or ''
  if is_new then
    redis.call('HSET', progress, partition, joined(row))
    redis.call('HINCRBY', progress, 'members', 1)
    redis.call('HINCRBY', progress, 'rows', 1)
  end
end
return answer
