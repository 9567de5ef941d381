-- Merges a live record only if a record is already stored and the new one is not larger; skips all others. So it may
-- run when memory is full, and sessions in use do not expire.
-- INV-TOKENS-50: full memory.
--
-- KEYS, ARGV  as for merge.lua
--
-- Returns one value per record: the value of merge.lua, or -1 for a skipped record.
--
-- Begins with numbers.lua and merge.lua as merge_records.

-- The number of bytes after the numbers of a live record, or 0 for a tombstone.
local function payload_length(record)
  return #record - (string.match(record, '^1[LX]%w+:%w+:%w+:%w+:()') or #record + 1) + 1
end

local replies, places, keys, pieces, at = {}, {}, {}, {}, 1
for i = 1, #KEYS, 2 do
  local _, header_end, length = string.find(ARGV[1], '^%S+ (%d+) ', at)
  local record_end = header_end + tonumber(length)
  local stored = redis.call('GET', KEYS[i])
  local place = (i + 1) / 2
  replies[place] = -1
  if stored and (string.sub(stored, 1, 2) == '1R' or
    payload_length(string.sub(ARGV[1], header_end + 1, record_end)) <= payload_length(stored)) then
    table.insert(places, place)
    table.insert(keys, KEYS[i])
    table.insert(keys, KEYS[i + 1])
    table.insert(pieces, string.sub(ARGV[1], at, record_end + 1))
  end
  at = record_end + 2
end
if #places > 0 then
  local merged = merge_records(keys, { table.concat(pieces) })
  for i, place in ipairs(places) do replies[place] = merged[i] end
end
return replies
