-- Does the commands of a batch, and sets its completion record, while the server's memory is full: then Redis refuses
-- every command between MULTI and EXEC, also DEL.
-- INV-PROXY-1: nothing is done unless the record is as the proxy last saw it.
--
-- ARGV  1 key and 2 database of the completion record, 3 its value so far (empty: none; `*`: not compared), 4 its new
--       value, 5 how long it lasts (ms), 6 the version of the protocol; then for each command its database
--       (empty: the one that is selected), the number of its arguments, and these. No KEYS: they would have to be within the rights to EVAL, and each command is
--       within its own.
--
-- Returns one array for each command, with its answer; it is empty if that is null. Null: the record was changed.
redis.setresp(tonumber(ARGV[6]))
redis.call('SELECT', ARGV[2])
if ARGV[3] ~= '*' and (redis.call('GET', ARGV[1]) or '') ~= ARGV[3] then return nil end
local answers, at = {}, 7
while at < #ARGV do
  if ARGV[at] ~= '' then redis.call('SELECT', ARGV[at]) end
  local last = at + 1 + tonumber(ARGV[at + 1])
  table.insert(answers, { redis.pcall(unpack(ARGV, at + 2, last)) })
  at = last + 1
end
redis.call('SELECT', ARGV[2])
redis.call('SET', ARGV[1], ARGV[4], 'PX', ARGV[5])
return answers
