-- store/lua/include/board.lua - is the board ours? How scripts that write rows of partitions begin. Needs fence.lua.
-- KEYS  progress
-- ARGV  life for a new board, group, version of the contract, ...
-- Answer where the board is not ours: {'group', its group} or {'version', its version}
local progress = KEYS[1]
local new_life, group, version = ARGV[1], ARGV[2], ARGV[3]
local board = redis.call('HMGET', progress, 'life', 'group', 'version')
local life, board_group, board_version = board[1], board[2], board[3]
if not life then
  life = new_life
  redis.call('HSET', progress, 'life', life, 'group', group, 'version', version)
elseif board_group ~= group then
  return {'group', board_group or ''}
elseif board_version ~= version then
  return {'version', board_version or ''}
end
-- The row of a partition: false if there is none. What is no row is written anew.
local function row_of(partition)
  local row = redis.call('HGET', progress, partition)
  return row and begins_with_fence(row) and row:sub(FENCE_LEN + 1, FENCE_LEN + 1) == ';' and row
end
