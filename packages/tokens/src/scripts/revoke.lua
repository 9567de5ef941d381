-- Merges tombstones of sessions that were live when they were read. Where a rotation has replaced such a session since,
-- the session that replaced it is ended, too, and so on: else a rotation would outlive "end all my sessions".
--
-- KEYS, ARGV  as for merge.lua, with tombstones only
--
-- Returns one value per record: that of merge.lua, or a list of it and the keys of the sessions that were ended in its
-- place. Applying it again, later, or on another node does no harm.
--
-- Begins with numbers.lua and merge.lua as merge_records.

-- More rotations between the reading of a session and its revocation than anyone needs.
local MAX_ROTATIONS = 1000

local replacements, keys, pieces, at, count = {}, {}, {}, 1, 0
for i = 1, #KEYS, 2 do
  local _, header_end, length = string.find(ARGV[1], '^%S+ (%d+) ', at)
  local piece_end = header_end + tonumber(length) + 1
  local piece, key = string.sub(ARGV[1], at, piece_end), KEYS[i]
  replacements[i] = {}
  while true do
    local digest = redis.call('GET', (string.gsub(key, ':t:', ':r:', 1)))
    if not digest then break end
    key = string.match(key, '^.*:') .. digest
    count = count + 1
    if count > MAX_ROTATIONS then return redis.error_reply('HFROTATIONS the session is rotated all the time') end
    -- A rotation keeps the absolute end, so the tombstone is the same.
    table.insert(replacements[i], key)
    table.insert(keys, key)
    table.insert(keys, key)
    table.insert(pieces, piece)
  end
  at = piece_end + 1
end

local replies = merge_records(KEYS, ARGV)
if count > 0 then merge_records(keys, { table.concat(pieces) }) end
for i = 1, #KEYS, 2 do
  local place = (i + 1) / 2
  if #replacements[i] > 0 then replies[place] = { replies[place], unpack(replacements[i]) } end
end
return replies
