-- Converts numbers to text and back. Every other script begins with this file.

local DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

local function text36(number)
  local text = ''
  repeat
    local digit = number % 36
    text = string.sub(DIGITS, digit + 1, digit + 1) .. text
    number = (number - digit) / 36
  until number == 0
  return text
end

local function number36(text) return tonumber(text, 36) end

-- Formats a number as a command accepts it: Lua itself would write a large one with an exponent.
local function whole(number) return string.format('%.0f', number) end
