-- Merges records into the data of the node and updates the indexes of their subjects. The same function as
-- record/merge.ts. Applying it again, later, or on another node is harmless.
-- INV-TOKENS-4: Lua agrees with TypeScript.
--
-- KEYS  two per record:
--   the token's record, `…:<digest>`
--   for a live record the subject's index: a sorted set of digests by the end of their absolute lifetime. A digest
--   stays in it when its session is revoked, so that a repeated revocation finds it. For a tombstone the record's
--   key again.
--   The script sets no TTL and reads no clock: sweep.lua removes ended records.
--   INV-TOKENS-6: revoked sessions stay in their index.
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

local function decode(bytes)
  local revoked = string.match(bytes, '^1R([0-9a-z]+)$')
  if revoked then return { state = 'R', expires = number36(revoked) } end
  local version, issued, idle, expires, start = string.match(bytes,
    '^1L([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):()')
  if not version then return nil end
  local issued_at = number36(issued)
  return {
    state = 'L', version = number36(version), issued = issued_at, idle = issued_at + number36(idle),
    expires = issued_at + number36(expires), payload = string.sub(bytes, start),
  }
end

local function encode(record)
  if record.state == 'R' then return '1R' .. text36(record.expires) end
  return '1L' .. text36(record.version) .. ':' .. text36(record.issued) .. ':' ..
    text36(record.idle - record.issued) .. ':' .. text36(record.expires - record.issued) .. ':' .. record.payload
end

-- Lua compares strings by the locale of the server; this function compares bytes.
local function bytes_less(a, b)
  for i = 1, math.min(#a, #b) do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x < y end
  end
  return #a < #b
end

local function content_less(a, b)
  if a.version ~= b.version then return a.version < b.version end
  if a.expires ~= b.expires then return a.expires < b.expires end
  if a.issued ~= b.issued then return a.issued < b.issued end
  return a.payload ~= b.payload and bytes_less(a.payload, b.payload)
end

local function merge(a, b)
  if a.state == 'R' then
    if b.state == 'R' and b.expires > a.expires then return b end
    return a
  end
  if b.state == 'R' then return b end
  local content = content_less(a, b) and b or a
  return {
    state = 'L', version = content.version, idle = math.max(a.idle, b.idle), issued = content.issued,
    expires = content.expires, payload = content.payload,
  }
end

local news = {}

local function apply(key, index, sent_bytes, if_version)
  local sent = decode(sent_bytes)
  if not sent then return 0 end
  local stored_bytes = redis.call('GET', key)
  local stored = stored_bytes and decode(stored_bytes)
  local result = stored and merge(stored, sent) or sent
  local result_bytes = stored and encode(result) or sent_bytes

  if stored and if_version ~= '-' and stored.state == 'L' and result_bytes ~= stored_bytes
    and stored.version ~= tonumber(if_version) then
    return stored_bytes
  end
  if result_bytes ~= stored_bytes then
    redis.call('SET', key, result_bytes)
  end
  if index ~= key and not stored then
    redis.call('ZADD', index, whole(result.expires), string.match(key, '[^:]*$'))
    -- An earlier version set a TTL.
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
