-- Ends every session of one subject, or all but one: each live record becomes its tombstone.
-- Applying it again, later, or on another node does no harm.
--
-- KEYS[1]  the subject's index: a sorted set of digests by the end of their absolute lifetime
-- ARGV[1]  what the subject's record keys begin with; they are in the same slot as KEYS[1]
-- ARGV[2]  the digest to leave alone, or ''
-- ARGV[3]  how long past its end a record is kept (ms)
--
-- Publishes the tombstones on hf:feed, as merge.lua does.
--
-- Returns three values a session: its digest, the end of its absolute lifetime (Unix ms), and 1 when it was live
-- until now or 0 when it was revoked before.
--
-- Begins with numbers.lua.

local ended, news = {}, {}

local function report(digest, expires, was_live)
  ended[#ended + 1] = digest
  ended[#ended + 1] = whole(expires)
  ended[#ended + 1] = was_live
end

for _, digest in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if digest ~= ARGV[2] then
    local key = ARGV[1] .. digest
    local bytes = redis.call('GET', key) or ''
    local issued, expires = string.match(bytes, '^1L[0-9a-z]+:([0-9a-z]+):[0-9a-z]+:([0-9a-z]+):')
    local revoked = string.match(bytes, '^1R([0-9a-z]+)$')
    if issued then
      local expires_at = number36(issued) + number36(expires)
      local tombstone = '1R' .. text36(expires_at)
      redis.call('SET', key, tombstone, 'PXAT', whole(expires_at + tonumber(ARGV[3])))
      news[#news + 1] = key .. ' - ' .. #tombstone .. ' ' .. tombstone .. ' '
      report(digest, expires_at, 1)
    elseif revoked then
      report(digest, number36(revoked), 0)
    end
  end
end
if #news > 0 then redis.call('PUBLISH', 'hf:feed', table.concat(news)) end
return ended
