-- Replaces a session by a new one, in one step: stores the new record and ends the old one, unless the old one has ended.
-- Sent again it finds the new record and changes nothing, so it may be sent again at any time, to any primary.
-- INV-TOKENS-48: rotation in one step.
--
-- KEYS     as for merge.lua, two records: the new one and its index, then the old one's key twice
-- ARGV     as for merge.lua: the new record and the old one's tombstone; behind it two of its own:
--          how long it is kept which session replaced the old one (ms): revoke.lua follows that
--          '1' to do nothing unless the new record is stored already, for a server whose memory is full
--
-- Returns for the new and the old record what is stored, as merge.lua does, or false where nothing is. The rotation is
-- done when the new one is live and the old one has ended. Returns -1 for both when the last argument forbade it.
--
-- Begins with numbers.lua and merge.lua as merge_records.

local function has_ended(record) return record and string.sub(record, 1, 2) == '1R' end

local new, old = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[3])
-- The old one was ended by a revocation; or the new one was, and the old one is for its own revocation to end.
if not new and has_ended(old) or has_ended(new) and not has_ended(old) then return { new, old } end
if not new and ARGV[#ARGV] == '1' then return { -1, -1 } end

local replaced_by = string.gsub(KEYS[3], ':t:', ':r:', 1)
redis.call('SET', replaced_by, string.match(KEYS[1], '[^:]*$'), 'PX', ARGV[#ARGV - 1])
return merge_records(KEYS, ARGV)
