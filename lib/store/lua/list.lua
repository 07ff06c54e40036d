-- store/lua/list.lua - writes a list with its state, index entry and meta, or nothing of it (rules 15, 17, 25).
--
-- KEYS    the list's hash, list, minutes, states, meta, losses
-- ARGV    token and writes of the hash that was merged, state, '1' if final, merged list, time to live in ms,
--         minute, its start in s, wall clock in ms, log time in ms or '', version of the rows that it was judged by,
--         then for each item: count, item
-- Answer  {word} or {word, minutes ...}
--         stored: it is written. lost: it is written, as lost. With these two, after every eighth minute that is new in
--         the index, come its oldest 16 minutes: some of their lists may have expired.
--         closed: it is final already. absent: it has no hash. refused: its hash is another, a later state of it was
--         merged, or the same state was judged by later rows.
--         Error 'ODD 3 ...': the third of KEYS holds something else than it must.
--
-- In order: judge; look at every key, so that one of another type ends the script before anything is written; write;
-- index; move final_until_ms; drop the parts.
-- A full Redis refuses a script whose first write may grow. A final list must get through, and one that replaces
-- another hardly grows, so these begin with a write that does not.
-- The parts go last, by a command that nothing before has used: where the right to one of the commands is missing, they
-- are still there.
-- A number that is none counts as missing: it is written anew.
-- include: number.lua
-- include: keep.lua
local hash, list, minutes, states, meta = unpack(KEYS)
local HASH, LIST, MINUTES, STATES, META, LOSSES = 1, 2, 3, 4, 5, 6
local token, writes, state, final, merged, ttl_ms = unpack(ARGV, 1, 6)
local minute, start_s, wall_ms, log_time_ms, rows_version = unpack(ARGV, 7, 11)
local FIRST_ITEM, ARGS_A_PAGE = 12, 1000
local is_final, start_ms = final == '1', start_s * 1000

local odd
-- The answer of a command that reads the key of that number; nothing, and odd is set, if the key is of another type.
local function look(number, command, ...)
  local reply = redis.pcall(command, KEYS[number], ...)
  if type(reply) ~= 'table' or not reply.err then return reply end
  odd = odd or 'ODD ' .. number .. ' ' .. reply.err
  return {}
end

-- -- judge --

local head = look(HASH, 'HMGET', 'token', 'closed', 'merged_writes', 'merged_rows', 'lost')
if odd then return redis.error_reply(odd) end
local known_token, closed, is_first = head[1], head[2], not head[3]
local merged_writes, merged_rows = tonumber(head[3]) or -1, tonumber(head[4]) or -1
if not known_token then return {'absent'} end
if closed then return {'closed'} end
if known_token ~= token then return {'refused'} end
if merged_writes > tonumber(writes) then return {'refused'} end
if merged_writes == tonumber(writes) and merged_rows > tonumber(rows_version) then return {'refused'} end

local facts = look(META, 'HMGET', 'log_time_ms', 'final_until_ms', 'seq')
local known_log_time_ms, known_final_until_ms, seq = tonumber(facts[1]), tonumber(facts[2]), tonumber(facts[3])
local state_before, indexed_at = look(STATES, 'HGET', minute), look(MINUTES, 'ZSCORE', minute)
local items_before = look(LIST, 'ZCARD')
local is_lost = head[5] or (is_first and look(LOSSES, 'HGET', minute))
if odd then return redis.error_reply(odd) end
-- A final list whose parts were deleted by somebody else: what comes now is not all of it.
if is_first and state_before == 'final' and items_before > 0 then
  redis.call('HSET', hash, 'closed', '1')
  return {'closed'}
end
if is_lost then state = 'lost' end

-- -- write --

if is_final or items_before > 0 then keep(hash, ttl_ms) end
redis.call('HSET', hash, 'merged_writes', writes, 'merged_rows', rows_version, 'merged', merged)
if is_lost then redis.call('HSET', hash, 'lost', '1') end
if items_before > 0 then redis.call('DEL', list) end
for i = FIRST_ITEM, #ARGV, ARGS_A_PAGE do
  redis.call('ZADD', list, unpack(ARGV, i, math.min(i + ARGS_A_PAGE - 1, #ARGV)))
end

-- -- index --

if tonumber(indexed_at) ~= tonumber(start_s) then redis.call('ZADD', minutes, start_s, minute) end
if state_before ~= state then redis.call('HSET', states, minute, state) end
local said = {'updated_at_ms', wall_ms, 'seq', text_of((seq or 0) + 1)}
local function say(name, value) said[#said + 1], said[#said + 2] = name, value end
if log_time_ms ~= '' and (known_log_time_ms or -math.huge) < tonumber(log_time_ms) then
  say('log_time_ms', log_time_ms)
end

-- final_until_ms goes up over lists that are final or lost, or down to one that is not.
local function is_over(s) return s == 'final' or s == 'lost' end
local before_ms = known_final_until_ms or -math.huge
local until_ms, met_open = before_ms, not is_over(state)
if met_open and start_ms < until_ms then until_ms = start_ms end
-- The first page is short: nearly every call meets a list that is not over there, or the end. The others serve a
-- location whose oldest list was the last to become final.
local page_size, LATER_PAGE_SIZE = 2, 100
while not met_open do
  local page = redis.call('ZRANGEBYSCORE', minutes, until_ms / 1000, '+inf', 'WITHSCORES', 'LIMIT', 0, page_size)
  if #page == 0 then break end
  for i = 1, #page, 2 do
    met_open = not is_over(redis.call('HGET', states, page[i]))
    if met_open then break end
    until_ms = page[i + 1] * 1000 + 60000
  end
  page_size = LATER_PAGE_SIZE
end
if until_ms ~= before_ms then say('final_until_ms', text_of(until_ms)) end
redis.call('HSET', meta, unpack(said))
for k = HASH, META do keep(KEYS[k], ttl_ms) end

-- -- drop the parts --

if is_final then
  local parts = {}
  for _, field in ipairs(redis.call('HKEYS', hash)) do
    local kind = field:sub(1, 6)
    if kind == 'fence:' or kind == 'items:' then parts[#parts + 1] = field end
  end
  for i = 1, #parts, ARGS_A_PAGE do
    redis.call('HDEL', hash, unpack(parts, i, math.min(i + ARGS_A_PAGE - 1, #parts)))
  end
  redis.call('HSET', hash, 'closed', '1')
end

local oldest = not indexed_at and redis.call('ZCARD', minutes) % 8 == 0 and redis.call('ZRANGE', minutes, 0, 15) or {}
return {is_lost and 'lost' or 'stored', unpack(oldest)}
