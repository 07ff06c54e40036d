-- store/lua/rows.lua - stores what partitions say of themselves (rules 19, 22, 24).
--
-- KEYS    progress
-- ARGV    life for a new board, group, version of the contract, then for each row:
--           name of the partition, life that its writer knows, fence, text of the row,
--           how many of its rows a Redis that did not go back has stored
-- Answer  {'ok', life, for each row a word and a space, clock of Redis in ms, for each row a count and a space}
--         The words: stored newer other_life left_out. The counts: rows of the partition that were stored, ever.
--         Or {'group', ...} or {'version', ...}, see board.lua.
-- include: number.lua
-- include: clock.lua
-- include: fence.lua
-- include: board.lua
local ARGS_A_ROW, FIRST_ROW = 5, 4
local closable_until = tonumber(redis.call('HGET', progress, 'closed'))

-- The second field of a row's text: the settled minute, or '*' and a minute, or '+' (see keys.h).
local function settled_of(text) return text:match('^[^;]*;([^;]*);') end

local function rows_stored(row) return row and tonumber(row:match('#(%d+)$')) or 0 end

-- Lists may have been closed without the partition (rule 24): its row was retired, or was missing when they were, and
-- whoever says this has not joined since.
local function is_left_out(row, text)
  local settled = row and settled_of(row:sub(FENCE_LEN + 2))
  local closed_before = not row and closable_until or settled and tonumber(settled:match('^%*(.*)'))
  return settled == '+' or closed_before and closed_before > (tonumber(settled_of(text)) or -math.huge)
end

local function row_at(i)
  local partition = ARGV[i]
  local row = row_of(partition)
  -- Something lies there that is no row. That is somebody else's doing, not a Redis that went back.
  local is_odd = not row and redis.call('HGET', progress, partition)
  return row, is_odd
end

-- A Redis that stored fewer rows than somebody knows of went back: it gets another life, before anybody is answered.
for i = FIRST_ROW, #ARGV, ARGS_A_ROW do
  local known_life, rows_kept = ARGV[i + 1], tonumber(ARGV[i + 4])
  local row, is_odd = row_at(i)
  if known_life == life and not is_odd and rows_stored(row) < rows_kept then
    life = new_life
    redis.call('HSET', progress, 'life', life)
  end
end

local answers, counts = {}, {}
for i = FIRST_ROW, #ARGV, ARGS_A_ROW do
  local partition, known_life, fence, text, rows_kept = unpack(ARGV, i, i + ARGS_A_ROW - 1)
  local row, is_odd = row_at(i)
  local count = is_odd and tonumber(rows_kept) or rows_stored(row)
  local answer
  if known_life ~= life then
    answer = 'other_life '
  elseif not is_odd and is_left_out(row, text) then
    answer = 'left_out '
  elseif row and fence_of(row) > fence then
    answer = 'newer '
  else
    count = count + 1
    redis.call('HSET', progress, partition, fence .. ';' .. text .. '#' .. text_of(count))
    redis.call('HINCRBY', progress, 'rows', 1)
    answer = 'stored '
  end
  answers[#answers + 1] = answer
  counts[#counts + 1] = text_of(count) .. ' '
end
return {'ok', life, table.concat(answers), text_of(redis_ms()), table.concat(counts)}
