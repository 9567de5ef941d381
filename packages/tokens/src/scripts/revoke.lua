-- Merges tombstones of sessions that were live when they were read. If a rotation has replaced such a session since,
-- also ends the replacement, and its replacements in turn: otherwise a rotation would survive "end all my sessions".
--
-- KEYS, ARGV  as for merge.lua, with tombstones only
--
-- Returns one value per record: the value of merge.lua, or a list of that value and the keys of the replacements that
-- were also ended. Applying it again, later, or on another node is harmless.
--
-- Begins with numbers.lua and merge.lua as merge_records.

-- More rotations than a session can need between its reading and its revocation.
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
    -- A rotation does not change the absolute end, so the tombstone is the same.
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
