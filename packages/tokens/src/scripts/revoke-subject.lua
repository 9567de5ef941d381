-- Ends every session of one subject, or all but one: each live record becomes its tombstone.
-- Applying it again, later, or on another node does no harm.
--
-- KEYS[1]  the subject's index: a sorted set of digests by the end of their absolute lifetime
-- ARGV[1]  what the subject's record keys begin with; they are in the same slot as KEYS[1]
-- ARGV[2]  the digest to leave alone, or ''
-- ARGV[3]  how long past its end a record is kept (ms)
--
-- Publishes each tombstone on hf:feed, as merge.lua does.
--
-- Returns three values a session: its digest, the end of its absolute lifetime, and 1 when it was live until now
-- or 0 when it was revoked before.

local ended = {}
for _, digest in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if digest ~= ARGV[2] then
    local key = ARGV[1] .. digest
    local bytes = redis.call('GET', key)
    local live = bytes and string.match(bytes, '^1L%d+:%d+:%d+:(%d+):')
    local expires = live or (bytes and string.match(bytes, '^1R(%d+)$'))
    if live then
      redis.call('SET', key, '1R' .. expires, 'PXAT', string.format('%.0f', tonumber(expires) + tonumber(ARGV[3])))
      redis.call('PUBLISH', 'hf:feed', key .. ' - 1R' .. expires)
    end
    if expires then
      ended[#ended + 1] = digest
      ended[#ended + 1] = expires
      ended[#ended + 1] = live and 1 or 0
    end
  end
end
return ended
