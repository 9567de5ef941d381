-- Reads and writes logs of attempts, for take.lua and give-back.lua. The same format as in record/attempt-log.ts.
-- INV-TOKENS-30: bounded attempts.
--
-- A log is a text. It has for each attempt its time (Unix ms, in base 36), a colon, its id and a space; oldest first.

local function read_log(key, since)
  local log = {}
  for at, id in string.gmatch(redis.call('GET', key) or '', '([0-9a-z]+):(%S+) ') do
    local time = number36(at)
    if time > since then log[#log + 1] = { at = time, id = id } end
  end
  return log
end

-- An empty log expires immediately: otherwise the logs of refused logins would fill the memory. (The user of the
-- applications has no permission to delete.)
local function write_log(key, log, ...)
  if #log == 0 then return redis.call('SET', key, '', 'PX', 1) end
  local text = {}
  for i, attempt in ipairs(log) do text[i] = text36(attempt.at) .. ':' .. attempt.id .. ' ' end
  redis.call('SET', key, table.concat(text), ...)
end

local function place_of(log, id)
  for i, attempt in ipairs(log) do
    if attempt.id == id then return i end
  end
  return nil
end
