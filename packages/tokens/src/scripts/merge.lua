-- Merges one record into the node's state and keeps its subject's index. The same function as record/merge.ts.
-- Applying it again, later, or on another node does no harm.
--
-- KEYS[1]  the token's record
-- KEYS[2]  for a live record: the subject's index, a sorted set of digests by the end of their absolute
--          lifetime. A digest stays in it when its session is revoked, so that a repeated revocation finds it.
-- ARGV[1]  the record to merge, as record/codec.ts writes it
-- ARGV[2]  the token's digest
-- ARGV[3]  how long past its end a record is kept (ms)
-- ARGV[4]  now (Unix ms), for cleaning the index
-- ARGV[5]  guard: the version that a live stored record must have, or '' for none
--
-- Publishes the stored record on hf:feed, as store/feed.ts reads it: KEYS[1], KEYS[2] or '-', the record, with a
-- space between.
--
-- Returns 1 when the stored record now equals ARGV[1], else the stored record. When the guard forbids the
-- merge nothing is changed and the stored record is returned.

local function decode(bytes)
  local expires = string.match(bytes, '^1R(%d+)$')
  if expires then return { state = 'R', expires = tonumber(expires) } end
  local version, idle, issued, expires_at, start = string.match(bytes, '^1L(%d+):(%d+):(%d+):(%d+):()')
  if not version then return nil end
  return {
    state = 'L', version = tonumber(version), idle = tonumber(idle), issued = tonumber(issued),
    expires = tonumber(expires_at), payload = string.sub(bytes, start),
  }
end

local function number_text(number) return string.format('%.0f', number) end

local function encode(record)
  if record.state == 'R' then return '1R' .. number_text(record.expires) end
  return '1L' .. number_text(record.version) .. ':' .. number_text(record.idle) .. ':' ..
    number_text(record.issued) .. ':' .. number_text(record.expires) .. ':' .. record.payload
end

-- Lua's own < on strings follows the server's locale; bytes do not.
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

local sent = decode(ARGV[1])
if not sent then return redis.error_reply('HFRECORD the record to merge is malformed') end

local stored_bytes = redis.call('GET', KEYS[1])
local stored = stored_bytes and decode(stored_bytes)
local result = stored and merge(stored, sent) or sent
local result_bytes = encode(result)

if stored and ARGV[5] ~= '' and stored.state == 'L' and result_bytes ~= stored_bytes
  and stored.version ~= tonumber(ARGV[5]) then
  return stored_bytes
end

local margin = tonumber(ARGV[3])
if result_bytes ~= stored_bytes then
  local ends = result.state == 'L' and math.min(result.idle, result.expires) or result.expires
  redis.call('SET', KEYS[1], result_bytes, 'PXAT', number_text(ends + margin))
end
if KEYS[2] and not stored then
  local index_ends = number_text(result.expires + margin)
  redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', number_text(tonumber(ARGV[4]) - margin))
  redis.call('ZADD', KEYS[2], number_text(result.expires), ARGV[2])
  redis.call('PEXPIREAT', KEYS[2], index_ends, 'NX')
  redis.call('PEXPIREAT', KEYS[2], index_ends, 'GT')
end

redis.call('PUBLISH', 'hf:feed', KEYS[1] .. ' ' .. (KEYS[2] or '-') .. ' ' .. result_bytes)
if result_bytes == ARGV[1] then return 1 end
return result_bytes
