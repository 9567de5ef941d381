-- Removes records and list entries that ended longer than the margin ago: one step of a pass over all keys.
-- INV-TOKENS-8: no TTL.
--
-- Records have no TTL: a TTL depends on the wall clock of one node, and a primary whose clock jumps ahead would remove
-- every session from all nodes (FACT-40). Only a process whose clock agrees with the majority calls this script. A
-- late or repeated call removes no more than the first one, because `now` is passed in.
--
-- KEYS[1]  the position of the pass: the time of the last step and the cursor of the next; all processes share it
-- ARGV[1]  now (Unix ms)
-- ARGV[2]  how long after its end a record is kept (ms)
-- ARGV[3]  the approximate number of keys per step
-- ARGV[4]  the pause between two steps (ms)
-- ARGV[5]  the pause between two passes (ms)
--
-- Returns {1 if this call made a step, otherwise 0; the time until the next step (ms)}.
--
-- Begins with numbers.lua.

local now, margin = tonumber(ARGV[1]), tonumber(ARGV[2])
local function pause_before(cursor) return tonumber(cursor == '0' and ARGV[5] or ARGV[4]) end

local last, cursor = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
if last then
  local wait = tonumber(last) + pause_before(cursor) - now
  -- A longer wait was written by a process whose clock is ahead of this one.
  if wait > 0 and wait <= pause_before(cursor) then return { 0, wait } end
end

local function end_of(bytes)
  local revoked = string.match(bytes, '^1R([0-9a-z]+)$')
  if revoked then return number36(revoked) end
  local issued, idle, expires = string.match(bytes, '^1L[0-9a-z]+:([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):')
  if issued then return number36(issued) + math.min(number36(idle), number36(expires)) end
  issued, idle, expires = string.match(bytes, '^1X[0-9a-z]+:([0-9a-z]+):([0-9a-z]+):([0-9a-z]+):')
  return issued and math.min(number36(idle), number36(issued) + number36(expires))
end

local next_cursor, keys = unpack(redis.call('SCAN', cursor or '0', 'MATCH', 'hf:{???}:[stv]:*', 'COUNT', ARGV[3]))
for _, key in ipairs(keys) do
  if string.sub(key, 10, 10) ~= 's' then
    local bytes = redis.call('GET', key)
    local ends = bytes and end_of(bytes)
    if ends and ends + margin <= now then redis.call('DEL', key) end
  else
    redis.call('ZREMRANGEBYSCORE', key, '-inf', whole(now - margin))
  end
  -- An earlier version set a TTL.
  redis.call('PERSIST', key)
end
redis.call('SET', KEYS[1], whole(now) .. ' ' .. next_cursor)
return { 1, pause_before(next_cursor) }
