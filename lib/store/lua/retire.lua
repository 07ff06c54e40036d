-- store/lua/retire.lua - rows of partitions that are gone get their last words, unless they spoke meanwhile (rule 24).
--
-- KEYS    progress
-- ARGV    for each row: name of the partition, the row as it was read, its last row
-- Answer  for each row a word and a space: stored refused
local progress = KEYS[1]
local ARGS_A_ROW = 3
local answers = {}
for i = 1, #ARGV, ARGS_A_ROW do
  local partition, was, last = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local is_same = redis.call('HGET', progress, partition) == was
  if is_same then
    redis.call('HSET', progress, partition, last)
    redis.call('HINCRBY', progress, 'members', 1)
    redis.call('HINCRBY', progress, 'rows', 1)
  end
  answers[#answers + 1] = is_same and 'stored ' or 'refused '
end
return table.concat(answers)
