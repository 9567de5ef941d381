-- Removes an attempt from logs and, if requested, also the attempts before it. If a log does not have the attempt,
-- nothing changes: a repeated or late call never removes attempts that came after it.
--
-- KEYS     the logs
-- ARGV[1]  the attempt's id
-- ARGV[2…] for each log 1 to remove also the attempts before it, otherwise 0
--
-- Returns a list with one value: {1}.
--
-- Begins with numbers.lua and attempt-log.lua.

for i, key in ipairs(KEYS) do
  local log = read_log(key, 0)
  local place = place_of(log, ARGV[1])
  if place then
    local kept = {}
    for j, attempt in ipairs(log) do
      if j > place or (j < place and ARGV[i + 1] == '0') then kept[#kept + 1] = attempt end
    end
    write_log(key, kept, 'KEEPTTL')
  end
end
return { { 1 } }
