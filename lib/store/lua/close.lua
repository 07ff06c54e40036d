-- store/lua/close.lua - lists up to a minute may be closed from now on, if nobody came or went meanwhile (rule 23).
--
-- KEYS    progress
-- ARGV    life, members, minute: the first two as they were when the rows were read
-- Answer  stored, or refused if life or members are others by now
local progress = KEYS[1]
local life, members, minute = ARGV[1], ARGV[2], ARGV[3]
local known = redis.call('HMGET', progress, 'life', 'members', 'closed')
local known_life, known_members, closable_until = known[1], known[2] or '0', known[3]
if known_life ~= life or known_members ~= members then return 'refused' end
if not closable_until or tonumber(closable_until) < tonumber(minute) then
  redis.call('HSET', progress, 'closed', minute)
end
return 'stored'
