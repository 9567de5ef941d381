-- Counts one attempt against all its limits, or against none: if one limit refuses it, nothing changes. An attempt that
-- is already counted is allowed again, so it may be sent again at any time, to any primary.
-- INV-TOKENS-28: attempts first.
--
-- KEYS     the log of each limit
-- ARGV[1]  the attempt's id, without spaces
-- ARGV[2]  now (Unix ms)
-- ARGV[3…] for each limit four numbers, separated by spaces: the maximum number of attempts per window; the window
--          (ms); the number of attempts in the window after which the next one must wait; and that wait after the
--          last one (ms), which doubles with each further attempt
--
-- Returns a list with one value: {1} if the attempt is counted, otherwise {0, the index of the limit with the longest
-- wait (1 is the first), that wait (ms)}. A log expires one window after the last attempt.
--
-- Begins with numbers.lua and attempt-log.lua.

local id, now = ARGV[1], tonumber(ARGV[2])

local function wait(log, limit, window, pause_after, pause)
  local blocking = log[#log - limit + 1]
  if blocking then return math.max(1, blocking.at + window - now) end
  if #log == 0 or #log < pause_after then return 0 end
  return math.max(0, log[#log].at + math.min(window, pause * 2 ^ (#log - pause_after)) - now)
end

local logs, windows, refusing, longest = {}, {}, nil, 0
for i, key in ipairs(KEYS) do
  local limit, window, pause_after, pause = string.match(ARGV[i + 2], '^(%d+) (%d+) (%d+) (%d+)$')
  windows[i] = tonumber(window)
  logs[i] = read_log(key, now - windows[i])
  if not place_of(logs[i], id) then
    local own = wait(logs[i], tonumber(limit), windows[i], tonumber(pause_after), tonumber(pause))
    if own > longest then refusing, longest = i, own end
  end
end
if refusing then return { { 0, refusing, longest } } end

for i, key in ipairs(KEYS) do
  local log = logs[i]
  if not place_of(log, id) then
    log[#log + 1] = { at = math.max(now, #log > 0 and log[#log].at or 0), id = id }
    write_log(key, log, 'PX', whole(windows[i]))
  end
end
return { { 1 } }
