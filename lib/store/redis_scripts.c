/* store/redis_scripts.c - see redis_scripts.h. Fences are compared as text: 32 lower-case hex digits order alike in
 * every locale that Lua's string comparison may use, and Lua's numbers would lose the digits above 2^53. */
#include "store/redis_scripts.h"

/* What somebody stored to be kept for longer is not kept for less (rule 21). It writes in any case: after a first write,
 * which must be one that frees or costs nothing, a full Redis lets a script do the rest. */
#define KEEP                                                                                                           \
    "local function keep(key, ms) "                                                                                    \
    "  redis.call('PEXPIRE', key, string.format('%.0f', math.max(tonumber(ms), redis.call('PTTL', key)))) "            \
    "end "

/* A page is what Lua's stack holds with ease; nearly every call is one page, and then these are all the commands. What
 * is no fence, or no count, is written anew. */
const char redis_script_contribute[] =
    KEEP "local h, out, stored = KEYS[1], {}, {} "
         "local function fence_of(f) return f and #f == 33 and not f:sub(1, 32):find('[^0-9a-f]') and f end "
         "for first = 3, #ARGV, 1500 do "
         "  local fields, set = {}, {} "
         "  for i = first, math.min(first + 1499, #ARGV), 3 do fields[#fields + 1] = 'f:' .. ARGV[i] end "
         "  local there = redis.call('HMGET', h, 'closed', 'e', 'n', unpack(fields)) "
         "  if there[1] then return string.rep('C', (#ARGV - 2) / 3) end "
         "  for k, f in ipairs(fields) do "
         "    local i = first + 3 * (k - 1) "
         "    local fence, known = ARGV[i + 1], stored[f] or fence_of(there[k + 3]) "
         "    if known and known:sub(1, 32) > fence:sub(1, 32) then "
         "      out[#out + 1] = 'N' "
         "    elseif #fence > 33 and not there[2] and not next(stored) then "
         "      out[#out + 1] = 'E' "
         "    else "
         "      local at = #set "
         "      set[at + 1], set[at + 2], set[at + 3], set[at + 4] = f, fence:sub(1, 33), 'i:' .. ARGV[i], ARGV[i + 2] "
         "      stored[f] = fence "
         "      out[#out + 1] = 'S' "
         "    end "
         "  end "
         "  local at = #set "
         "  if at > 0 then "
         "    local n = tonumber(there[3]) or tonumber(there[3] and redis.call('HGET', h, 'ln')) or 0 "
         "    set[at + 1], set[at + 2] = 'n', string.format('%.0f', n + at / 4) "
         "    if not there[2] then "
         "      local now = redis.call('TIME') "
         "      set[at + 3], set[at + 4], set[at + 5] = 'e', ARGV[1], 'born' "
         "      set[at + 6] = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)) "
         "    end "
         "    redis.call('HSET', h, unpack(set)) "
         "  end "
         "end "
         "if next(stored) then keep(h, ARGV[2]) end "
         "return table.concat(out)";

/* What both scripts of a partition begin with: ARGV 1 to 3 are the life that is made if there is none, the group and the
 * version. A board of the version before is taken over. */
#define BOARD_HEAD                                                                                                     \
    "local k, out = KEYS[1], {} "                                                                                      \
    "local head = redis.call('HMGET', k, 'life', 'group', 'version') "                                                 \
    "local life = head[1] "                                                                                            \
    "local function row_of(source) " /* what is no row is written anew */                                              \
    "  local row = redis.call('HGET', k, source) "                                                                     \
    "  return row and row:sub(33, 33) == ';' and not row:sub(1, 32):find('[^0-9a-f]') and row "                        \
    "end "                                                                                                             \
    "if not life then "                                                                                                \
    "  life = ARGV[1] "                                                                                                \
    "  redis.call('HSET', k, 'life', life, 'group', ARGV[2], 'version', ARGV[3]) "                                     \
    "else "                                                                                                            \
    "  if head[2] ~= ARGV[2] then return {'group', head[2] or ''} end "                                                \
    "  if head[3] == '1' then redis.call('HSET', k, 'version', ARGV[3]) "                                              \
    "  elseif head[3] ~= ARGV[3] then return {'version', head[3] or ''} end "                                          \
    "end "

/* First whether Redis went back: then it has another life, and whoever names the one before is told so.
 * Then whether lists may have been closed without the partition (rule 24): its row was retired, or missing when they
 * were, and whoever says this has not joined since. */
const char redis_script_rows[] = BOARD_HEAD
    "local closed = tonumber(redis.call('HGET', k, 'closed')) "
    "local function count_of(row) return row and tonumber(row:match('#(%d+)$')) or 0 end "
    "local function settled_of(text) return text:match('^[^;]*;([^;]*);') end "
    "local function left_out(row, becomes) "
    "  local at = row and settled_of(row:sub(34)) "
    "  local known = not row and closed or at and tonumber(at:match('^%*(.*)')) "
    "  return at == '+' or known and known > (tonumber(settled_of(becomes)) or -math.huge) "
    "end "
    "for i = 4, #ARGV, 5 do "
    "  local row, kept = row_of(ARGV[i]), tonumber(ARGV[i + 4]) "
    "  local odd = not row and redis.call('HGET', k, ARGV[i]) " /* somebody else's doing, not a Redis that went back */
    "  if ARGV[i + 1] == life and not odd and count_of(row) < kept then "
    "    life = ARGV[1] "
    "    redis.call('HSET', k, 'life', life) "
    "  end "
    "end "
    "local counts = {} "
    "for i = 4, #ARGV, 5 do "
    "  local row, fence = row_of(ARGV[i]), ARGV[i + 2] "
    "  local odd = not row and redis.call('HGET', k, ARGV[i]) "
    "  local count = odd and tonumber(ARGV[i + 4]) or count_of(row) "
    "  if ARGV[i + 1] ~= life then "
    "    out[#out + 1] = 'O' "
    "  elseif not odd and left_out(row, ARGV[i + 3]) then "
    "    out[#out + 1] = 'L' "
    "  elseif row and row:sub(1, 32) > fence then "
    "    out[#out + 1] = 'N' "
    "  else "
    "    count = count + 1 "
    "    redis.call('HSET', k, ARGV[i], string.format('%s;%s#%.0f', fence, ARGV[i + 3], count)) "
    "    redis.call('HINCRBY', k, 'rows', 1) "
    "    out[#out + 1] = 'S' "
    "  end "
    "  counts[#counts + 1] = string.format('%.0f', count) "
    "end "
    "local now = redis.call('TIME') "
    "return {'ok', life, table.concat(out), string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)), "
    "        table.concat(counts, ' ')}";

/* A row that nobody wrote yet has settled nothing, and says up to where lists may have been closed without it ('*'). A
 * retired one had settled everything ('+'), and keeps what it cannot vouch for. */
const char redis_script_join[] =
    BOARD_HEAD "local closed, fresh = redis.call('HGET', k, 'closed') or '', string.rep('0', 32) "
               "local settled = closed == '' and '-' or '*' .. closed "
               "for i = 4, #ARGV do "
               "  local row = row_of(ARGV[i]) "
               "  local new = not row or row:sub(1, 32) == fresh or row:match('^[^;]*;[^;]*;%+;') "
               "  out[#out + 1] = new and '1' or '0' "
               "  out[#out + 1] = row or '' "
               "  if not row then row = fresh .. ';-;' .. settled .. ';-;-;-;-;0#0' "
               "  elseif new then row = fresh .. row:sub(33):gsub('^(;[^;]*;)%+', '%1' .. settled, 1) end "
               "  if new then "
               "    redis.call('HSET', k, ARGV[i], row) "
               "    redis.call('HINCRBY', k, 'members', 1) "
               "    redis.call('HINCRBY', k, 'rows', 1) "
               "  end "
               "end "
               "return {'ok', life, closed, unpack(out)}";

const char redis_script_close[] =
    "local k, life, members, minute = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]) "
    "local known = redis.call('HMGET', k, 'life', 'members', 'closed') "
    "if known[1] ~= life or (known[2] or '0') ~= members then return 0 end "
    "if not known[3] or tonumber(known[3]) < minute then redis.call('HSET', k, 'closed', ARGV[3]) end "
    "return 1";

const char redis_script_retire[] = "local k, out = KEYS[1], {} "
                                   "for i = 1, #ARGV, 3 do "
                                   "  local is = redis.call('HGET', k, ARGV[i]) == ARGV[i + 1] "
                                   "  if is then "
                                   "    redis.call('HSET', k, ARGV[i], ARGV[i + 2]) "
                                   "    redis.call('HINCRBY', k, 'members', 1) "
                                   "    redis.call('HINCRBY', k, 'rows', 1) "
                                   "  end "
                                   "  out[#out + 1] = is and '1' or '0' "
                                   "end "
                                   "return table.concat(out)";

/* In order: judge; look at every key, so that one of another type ends the script before anything is written; write;
 * index; final_until_ms: upward over what is final or lost, or down to a list that is not; drop the parts.
 * A full Redis refuses a script whose first write may grow: a final list must get through, and one that replaces
 * another hardly grows, so they begin with a write that does not. The parts go last, by the one command that nothing
 * before has used: where the right to one of the commands is missing, they are still there.
 * A number that is none counts as missing: it is written anew. The first page is short because nearly every call sees
 * one list that is not over, or the end; the others serve a location whose oldest list was the last to become final. */
const char redis_script_list[] = KEEP
    "local part, list, minutes, states, meta, losses = unpack(KEYS) "
    "local e, n, state, final, merged, ttl, minute, start, wall, log_time, rows = unpack(ARGV, 1, 11) "
    "local odd "
    "local function look(k, command, ...) "
    "  local r = redis.pcall(command, KEYS[k], ...) "
    "  if type(r) ~= 'table' or not r.err then return r end "
    "  odd = odd or 'ODD ' .. k .. ' ' .. r.err "
    "  return {} "
    "end "
    "local head = look(1, 'HMGET', 'e', 'closed', 'ln', 'lr', 'lost') "
    "if odd then return redis.error_reply(odd) end "
    "if not head[1] then return 'A' end "
    "if head[2] then return 'C' end "
    "local ln, lr, first = tonumber(head[3]) or -1, tonumber(head[4]) or -1, not head[3] "
    "if head[1] ~= e or ln > tonumber(n) or (ln == tonumber(n) and lr > tonumber(rows)) then return 'R' end "

    "local known = look(5, 'HMGET', 'log_time_ms', 'final_until_ms', 'seq') "
    "local was, at, replaced = look(4, 'HGET', minute), look(3, 'ZSCORE', minute), look(2, 'ZCARD') "
    "local lost = head[5] or (first and look(6, 'HGET', minute)) "
    "if odd then return redis.error_reply(odd) end "
    "if first and was == 'final' and replaced > 0 then " /* its parts were deleted by somebody else */
    "  redis.call('HSET', part, 'closed', '1') "
    "  return 'C' "
    "end "
    "if lost then state = 'lost' end "

    "if final == '1' or replaced > 0 then keep(part, ttl) end "
    "redis.call('HSET', part, 'ln', n, 'lr', rows, 'merged', merged) "
    "if lost then redis.call('HSET', part, 'lost', '1') end "
    "if replaced > 0 then redis.call('DEL', list) end "
    "for i = 12, #ARGV, 1000 do redis.call('ZADD', list, unpack(ARGV, i, math.min(i + 999, #ARGV))) end "

    "if tonumber(at) ~= tonumber(start) then redis.call('ZADD', minutes, start, minute) end "
    "if was ~= state then redis.call('HSET', states, minute, state) end "
    "local facts = {'updated_at_ms', wall, 'seq', string.format('%.0f', (tonumber(known[3]) or 0) + 1)} "
    "if log_time ~= '' and (tonumber(known[1]) or -math.huge) < tonumber(log_time) then "
    "  facts[5], facts[6] = 'log_time_ms', log_time "
    "end "

    "local function over(s) return s == 'final' or s == 'lost' end "
    "local before = tonumber(known[2]) or -math.huge "
    "local to, open, size = before, not over(state), 2 "
    "if open and start * 1000 < to then to = start * 1000 end "
    "while not open do "
    "  local page = redis.call('ZRANGEBYSCORE', minutes, to / 1000, '+inf', 'WITHSCORES', 'LIMIT', 0, size) "
    "  if #page == 0 then break end "
    "  for i = 1, #page, 2 do "
    "    open = not over(redis.call('HGET', states, page[i])) "
    "    if open then break end "
    "    to = page[i + 1] * 1000 + 60000 "
    "  end "
    "  size = 100 "
    "end "
    "if to ~= before then "
    "  facts[#facts + 1] = 'final_until_ms' "
    "  facts[#facts + 1] = string.format('%.0f', to) "
    "end "
    "redis.call('HSET', meta, unpack(facts)) "
    "for k = 1, 5 do keep(KEYS[k], ttl) end "

    "if final == '1' then "
    "  local drop = {} "
    "  for _, f in ipairs(redis.call('HKEYS', part)) do "
    "    if f:sub(2, 2) == ':' then drop[#drop + 1] = f end "
    "  end "
    "  for i = 1, #drop, 1000 do redis.call('HDEL', part, unpack(drop, i, math.min(i + 999, #drop))) end "
    "  redis.call('HSET', part, 'closed', '1') "
    "end "
    "local oldest = not at and redis.call('ZCARD', minutes) % 8 == 0 and redis.call('ZRANGE', minutes, 0, 15) or {} "
    "return {lost and 'L' or 'S', unpack(oldest)}";

/* The loss itself first: what is said of it in public is worth less, and may be odd too. */
const char redis_script_lose[] = KEEP
    "local part, list, minutes, states, meta, losses = unpack(KEYS) "
    "local minute, start, ttl = unpack(ARGV) "
    "local function is_error(r) return type(r) == 'table' and r.err end "
    "if redis.pcall('HGET', part, 'closed') == '1' then return 'C' end "
    "local served = redis.pcall('ZCARD', list) "
    "if redis.pcall('HGET', states, minute) == 'final' and not is_error(served) and served > 0 then return 'C' end "
    "local kept = redis.pcall('HSET', losses, minute, '1') "
    "if is_error(kept) then return redis.error_reply('ODD 6 ' .. kept.err) end "
    "keep(losses, ttl) "
    "if type(redis.pcall('HGET', part, 'e')) == 'string' then redis.call('HSET', part, 'lost', '1') end "
    "redis.pcall('ZADD', minutes, start, minute) "
    "redis.pcall('HSET', states, minute, 'lost') "
    "redis.pcall('HINCRBY', meta, 'seq', 1) "
    "for k = 3, 5 do keep(KEYS[k], ttl) end "
    "return 'S'";

/* Whether a list is still there is asked of its own key, which must be among KEYS: hence a script of its own, for many
 * minutes at a time. */
const char redis_script_forget[] = "local minutes, states = KEYS[1], KEYS[2] "
                                   "for i, minute in ipairs(ARGV) do "
                                   "  if redis.call('EXISTS', KEYS[i + 2]) == 0 then "
                                   "    redis.call('ZREM', minutes, minute) "
                                   "    redis.call('HDEL', states, minute) "
                                   "  end "
                                   "end "
                                   "return 'OK'";

const char redis_script_locations[] = "local now = redis.call('TIME') "
                                      "local ms = now[1] * 1000 + math.floor(now[2] / 1000) "
                                      "for i = 2, #ARGV do "
                                      "  redis.call('ZADD', KEYS[1], string.format('%.0f', ms), ARGV[i]) "
                                      "end "
                                      "local old = string.format('(%.0f', ms - ARGV[1]) "
                                      "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', old) "
                                      "return 'OK'";

/* Deleted before it is added: a full Redis must still be able to put notes aside. */
const char redis_script_notes_end[] =
    "local changed, waiting = KEYS[1], KEYS[2] "
    "local aside = redis.pcall('HLEN', waiting) "
    "local may_wait = type(aside) == 'number' "
    "local function get(k, field) "
    "  local token = redis.pcall('HGET', k, field) "
    "  return type(token) == 'string' and token "
    "end "
    "for i = 1, #ARGV, 3 do "
    "  local mode, field, token = ARGV[i], ARGV[i + 1], ARGV[i + 2] "
    "  if get(changed, field) == token then "
    "    if mode == 'd' or may_wait then redis.call('HDEL', changed, field) end "
    "    if mode == 'w' and may_wait then redis.call('HSET', waiting, field, token) "
    "    elseif may_wait then redis.call('HDEL', waiting, field) end " /* whatever waits there is older */
    "  elseif mode == 'd' and get(waiting, field) == token then redis.call('HDEL', waiting, field) end "
    "end "
    "return 'OK'";

const char *const redis_scripts[REDIS_SCRIPTS] = {
    redis_script_contribute, redis_script_rows,      redis_script_list, redis_script_lose,  redis_script_forget,
    redis_script_locations,  redis_script_notes_end, redis_script_join, redis_script_close, redis_script_retire,
};
