-- store/lua/include/number.lua - a number as text: all its digits, never an exponent.
local function text_of(number) return string.format('%.0f', number) end
