-- Merges records into the data of the node and updates the indexes of their subjects. The same function as
-- record/merge.ts. Applying it again, later, or on another node is harmless.
-- INV-TOKENS-4: Lua agrees with TypeScript.
--
-- KEYS  two per record:
--   the session's record, `…:<digest>`
--   for a live record the subject's index: a sorted set by the end of the absolute lifetime. Its members are digests,
--   after the tag of their shard and a colon if that is not the shard of the index. A digest enters the index whenever
--   the index comes with a record, and stays in it when its session is revoked, so that a repeated revocation finds it.
--   For a tombstone, and without a subject, the record's key again. The stored record of an external session names its
--   index itself: the sent record may be older than the last change of its subject.
--   The script sets no TTL and reads no clock: sweep.lua removes ended records.
--   INV-TOKENS-6: revoked sessions stay in their index. INV-TOKENS-60: a session of its subject.
-- ARGV[1]  for each record the version that a live stored record must have, or '-' for any; the length of the record
--          to merge; and the record as record/codec.ts writes it; each followed by a space. A single argument for all
--          records, because the client sends each binary argument as a separate piece.
--
-- Publishes the stored records on hf:feed, in one message, as store/feed/feed.ts reads it: for each record its key, its
-- index or '-', the length of the record and the record, each followed by a space.
--
-- Returns one value per record: 1 if the stored record equals the sent one, 0 if the sent record is malformed,
-- otherwise the stored record. If the required version forbids a merge, the stored record does not change and is
-- returned.
--
-- Begins with numbers.lua.

-- Lua compares strings by the locale of the server; this function compares bytes.
local function bytes_less(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

-- The claims of an external session, in the order of their names, or nil if they are malformed.
local function decode_claims(bytes, at)
  local claims = {}
  while at <= #bytes do
    local name, version, writer, length, start =
      string.match(bytes, '^([0-9A-Za-z_-]+):([0-9a-z]+):([0-9a-z]*):([0-9a-z-]+):()', at)
    if not name then return nil end
    local claim = { name = name, version = number36(version), writer = writer }
    at = start
    if length ~= '-' then
      at = start + number36(length)
      claim.value = string.sub(bytes, start, at - 1)
    end
    if at > #bytes + 1 or #claims > 0 and not bytes_less(claims[#claims].name, name) then return nil end
    claims[#claims + 1] = claim
  end
  return claims
end

local function decode_external(bytes)
  local version, issued, idle, expires, idle_version, writer, index, length, start = string.match(bytes,
    '^1X([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):([0-9a-z]*):([0-9A-Za-z_-]+):([0-9a-z]+):()')
  if not version then return nil end
  local issued_at, claims_start = number36(issued), start + number36(length)
  local claims = claims_start <= #bytes + 1 and decode_claims(bytes, claims_start)
  if not claims then return nil end
  return {
    state = 'X', version = number36(version), issued = issued_at, idle = number36(idle),
    expires = issued_at + number36(expires), payload = string.sub(bytes, start, claims_start - 1),
    idle_version = number36(idle_version), writer = writer, index = index == '-' and '' or index, claims = claims,
  }
end

local function decode(bytes)
  local revoked = string.match(bytes, '^1R([0-9a-z]+)$')
  if revoked then return { state = 'R', expires = number36(revoked) } end
  if string.sub(bytes, 1, 2) == '1X' then return decode_external(bytes) end
  local version, issued, idle, expires, start = string.match(bytes,
    '^1L([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):()')
  if not version then return nil end
  local issued_at = number36(issued)
  return {
    state = 'L', version = number36(version), issued = issued_at, idle = issued_at + number36(idle),
    expires = issued_at + number36(expires), payload = string.sub(bytes, start),
    idle_version = 0, writer = '', index = '', claims = {},
  }
end

local function encode_external(record)
  local pieces = {
    '1X' .. text36(record.version), text36(record.issued), text36(record.idle),
    text36(record.expires - record.issued), text36(record.idle_version), record.writer,
    record.index == '' and '-' or record.index, text36(#record.payload), record.payload,
  }
  local parts = { table.concat(pieces, ':') }
  for _, claim in ipairs(record.claims) do
    parts[#parts + 1] = claim.name .. ':' .. text36(claim.version) .. ':' .. claim.writer .. ':' ..
      (claim.value and text36(#claim.value) or '-') .. ':' .. (claim.value or '')
  end
  return table.concat(parts)
end

local function encode(record)
  if record.state == 'R' then return '1R' .. text36(record.expires) end
  if record.state == 'X' then return encode_external(record) end
  return '1L' .. text36(record.version) .. ':' .. text36(record.issued) .. ':' ..
    text36(record.idle - record.issued) .. ':' .. text36(record.expires - record.issued) .. ':' .. record.payload
end

local function content_less(a, b)
  if a.version ~= b.version then return a.version < b.version end
  if a.writer ~= b.writer then return bytes_less(a.writer, b.writer) end
  if a.expires ~= b.expires then return a.expires < b.expires end
  if a.issued ~= b.issued then return a.issued < b.issued end
  if a.index ~= b.index then return bytes_less(a.index, b.index) end
  return a.payload ~= b.payload and bytes_less(a.payload, b.payload)
end

local function idle_less(a, b)
  if a.idle_version ~= b.idle_version then return a.idle_version < b.idle_version end
  return a.idle < b.idle
end

-- A deleted claim is the least value.
local function claim_less(a, b)
  if a.version ~= b.version then return a.version < b.version end
  if a.writer ~= b.writer then return bytes_less(a.writer, b.writer) end
  if not a.value or not b.value then return not a.value and b.value ~= nil end
  return a.value ~= b.value and bytes_less(a.value, b.value)
end

local function merge_claims(a, b)
  local merged, i, j = {}, 1, 1
  while a[i] or b[j] do
    local one, other = a[i], b[j]
    local same = one and other and one.name == other.name
    if same or not other or one and bytes_less(one.name, other.name) then i = i + 1 else one = nil end
    if same or not one then j = j + 1 else other = nil end
    merged[#merged + 1] = one and other and claim_less(one, other) and other or one or other
  end
  return merged
end

local function merge(a, b)
  if a.state == 'R' then
    if b.state == 'R' and b.expires > a.expires then return b end
    return a
  end
  if b.state == 'R' then return b end
  local content = content_less(a, b) and b or a
  local idle = idle_less(a, b) and b or a
  return {
    state = (a.state == 'X' or b.state == 'X') and 'X' or 'L',
    version = content.version, issued = content.issued, expires = content.expires, payload = content.payload,
    writer = content.writer, index = content.index, idle = idle.idle, idle_version = idle.idle_version,
    claims = merge_claims(a.claims, b.claims),
  }
end

local function version_of(record)
  local newest = math.max(record.version, record.idle_version)
  for _, claim in ipairs(record.claims) do newest = math.max(newest, claim.version) end
  return newest
end

-- The index to maintain for the stored record.
local function index_of(record, key, index)
  if record.state ~= 'X' then return index end
  return record.index == '' and key or 'hf:{' .. string.sub(record.index, 1, 3) .. '}:s:' .. string.sub(record.index, 4)
end

local function member_of(key, index)
  local tag, digest = string.match(key, '^hf:{(...)}:.*:([^:]*)$')
  return string.sub(index, 5, 7) == tag and digest or tag .. ':' .. digest
end

local news = {}

local function apply(key, sent_index, sent_bytes, if_version)
  local sent = decode(sent_bytes)
  if not sent then return 0 end
  local stored_bytes = redis.call('GET', key)
  local stored = stored_bytes and decode(stored_bytes)
  local result = stored and merge(stored, sent) or sent
  local result_bytes = stored and encode(result) or sent_bytes

  if stored and if_version ~= '-' and stored.state ~= 'R' and result_bytes ~= stored_bytes
    and version_of(stored) ~= tonumber(if_version) then
    return stored_bytes
  end
  if result_bytes ~= stored_bytes then
    redis.call('SET', key, result_bytes)
  end
  local index = index_of(result, key, sent_index)
  -- An earlier version set a TTL.
  if index ~= key and redis.call('ZADD', index, 'GT', whole(result.expires), member_of(key, index)) == 1 then
    redis.call('PERSIST', index)
  end

  news[#news + 1] = key
  news[#news + 1] = index == key and '-' or index
  news[#news + 1] = #result_bytes
  news[#news + 1] = result_bytes
  return result_bytes == sent_bytes and 1 or result_bytes
end

local replies, at = {}, 1
for i = 1, #KEYS, 2 do
  local _, header_end, if_version, length = string.find(ARGV[1], '^(%S+) (%d+) ', at)
  local record_end = header_end + tonumber(length)
  replies[#replies + 1] = apply(KEYS[i], KEYS[i + 1], string.sub(ARGV[1], header_end + 1, record_end), if_version)
  at = record_end + 2
end
if #news > 0 then redis.call('PUBLISH', 'hf:feed', table.concat(news, ' ') .. ' ') end
return replies
