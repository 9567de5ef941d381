-- Replaces a session with a new one, in one step: stores the new record and ends the old one, unless the old one has
-- already ended, or was updated after its content was read for the new one. A repeated call finds the new record and
-- changes nothing, so it may be sent again at any time, to any primary.
-- INV-TOKENS-48: rotation in one step.
--
-- KEYS     as for merge.lua, two records: the new one and its index, then the old one's key twice
-- ARGV     as for merge.lua: the new record and the old one's tombstone; then three more:
--          the version that a live old record must have, in base 36 as record/codec.ts writes it
--          how long to remember which session replaced the old one (ms), for revoke.lua
--          '1' to do nothing unless the new record is already stored, for a server whose memory is full
--
-- Returns the stored records of the new and the old session, as merge.lua does, or false for a missing one. The
-- rotation has succeeded if the new one is live and the old one has ended. Returns -1 for both if the last argument
-- forbade it.
--
-- Begins with numbers.lua and merge.lua as merge_records.

local function has_ended(record) return record and string.sub(record, 1, 2) == '1R' end

local new, old = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[3])
-- A revocation has ended the old session, or it has ended the new one. In the second case only its own revocation
-- may end the old one.
if not new and has_ended(old) or has_ended(new) and not has_ended(old) then return { new, old } end
-- INV-TOKENS-58: no update is lost to a rotation.
local version = old and string.match(old, '^1L(%w+):')
if not new and version and version ~= ARGV[#ARGV - 2] then return { new, old } end
if not new and ARGV[#ARGV] == '1' then return { -1, -1 } end

local replaced_by = string.gsub(KEYS[3], ':t:', ':r:', 1)
redis.call('SET', replaced_by, string.match(KEYS[1], '[^:]*$'), 'PX', ARGV[#ARGV - 1])
return merge_records(KEYS, ARGV)
