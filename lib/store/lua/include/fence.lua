-- store/lua/include/fence.lua - how a fence looks, and a row of a partition that begins with one.
-- Fences are compared as text. 32 lower-case hex digits order alike in every locale that Lua's string comparison may
-- use, and Lua's numbers would lose the digits above 2^53.
local FENCE_LEN = 32
local function fence_of(text) return text:sub(1, FENCE_LEN) end
local function begins_with_fence(text) return #text > FENCE_LEN and not fence_of(text):find('[^0-9a-f]') end
