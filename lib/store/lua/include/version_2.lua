-- store/lua/include/version_2.lua - a list's hash that version 2 wrote gets the field names of version 3 (see keys.h).
-- Nothing is lost or counted twice: every value stays as it is. True if the hash was one of version 2.
-- The new fields come first: where the right to HDEL is missing, everything is there twice rather than not at all.
-- Call it only for a hash without a token. What a worker of version 2 still writes beside one is read by nobody.
local function renamed_from_version_2(hash)
  if not redis.call('HGET', hash, 'e') then return false end
  local renamed = {e = 'token', n = 'writes', ln = 'merged_writes', lr = 'merged_rows'}
  local renamed_kind = {['f:'] = 'fence:', ['i:'] = 'items:'}
  local fields, new, old = redis.call('HGETALL', hash), {}, {}
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    local kind = renamed_kind[name:sub(1, 2)]
    local becomes = renamed[name] or kind and kind .. name:sub(3)
    if becomes then
      new[#new + 1], new[#new + 2] = becomes, value
      old[#old + 1] = name
    end
  end
  for i = 1, #new, 1000 do redis.call('HSET', hash, unpack(new, i, math.min(i + 999, #new))) end
  for i = 1, #old, 1000 do redis.call('HDEL', hash, unpack(old, i, math.min(i + 999, #old))) end
  return true
end
