import { tokenKey } from '@holdfast/tokens'
import { Connection } from '@holdfast/tokens/redis'
import type { DataCentre } from './data-centre.ts'

/**
 * Writes ARGV[2] sessions. Each is a copy of the record in ARGV[3] under a key of the same form, with a digest that
 * does not belong to a token. The index of each subject contains two of them. Numbers begin at ARGV[1]. ARGV[4] is
 * the end of their lifetime (Unix ms), ARGV[5] the length of a digest.
 */
const FILL = `
local first, count = tonumber(ARGV[1]), tonumber(ARGV[2])
local letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
local function letter(number) local at = number % 62 + 1; return string.sub(letters, at, at) end
for number = first, first + count - 1 do
  local subject = math.floor(number / 2)
  local tag = letter(subject % 4) .. letter(math.floor(subject / 4)) .. letter(math.floor(subject / 248))
  local digest = string.sub(redis.sha1hex(number) .. redis.sha1hex(number + 0.5), 1, tonumber(ARGV[5]))
  local index = 'hf:{' .. tag .. '}:s:' .. string.sub(redis.sha1hex('subject:' .. subject), 1, 22)
  redis.call('SET', 'hf:{' .. tag .. '}:t:' .. digest, ARGV[3])
  redis.call('ZADD', index, ARGV[4], digest)
end
return count`

const IN_ONE_CALL = 500
/** After this many calls, the replicas must catch up. */
const CALLS_IN_STEP = 40
const TIMEOUT_MS = 60_000

/** Adds sessions to a data centre as copies of a real token's record. Waits until every node has them. */
export async function fill(centre: DataCentre, sessions: number, token: string): Promise<void> {
  const { group } = centre
  const key = tokenKey(token) ?? ''
  const digestLength = String(key.length - key.lastIndexOf(':') - 1)
  const record = await group.run(await group.primary(), 'GET', key)
  if (!Buffer.isBuffer(record)) throw new Error('The session to copy does not have a record.')
  // AOF and these limits are off only during the filling.
  await setAll(centre, { appendonly: 'no', 'min-replicas-to-write': '0' })
  const { username, password, ...address } = await centre.primaryLogin()
  const connection = await Connection.open({ address, username, password })
  try {
    const expiresAtMs = String(Date.now() + 43_200_000)
    let next = 0
    while (next < sessions) {
      const calls: Promise<unknown>[] = []
      for (let call = 0; call < CALLS_IN_STEP && next < sessions; call++) {
        const count = Math.min(IN_ONE_CALL, sessions - next)
        const args = [String(next), String(count), record, expiresAtMs, digestLength]
        calls.push(connection.send(['EVAL', FILL, '0', ...args], TIMEOUT_MS))
        next += count
      }
      calls.push(connection.send(['WAIT', '2', String(TIMEOUT_MS)], 2 * TIMEOUT_MS))
      await Promise.all(calls)
    }
  } finally {
    connection.close()
  }
  await setAll(centre, { appendonly: 'yes', 'min-replicas-to-write': '1' })
  await Promise.all(group.redis.map((server) => untilRewritten(centre, server)))
}

type Server = DataCentre['group']['redis'][number]

async function setAll({ group }: DataCentre, settings: Record<string, string>): Promise<void> {
  const args = Object.entries(settings).flat()
  await Promise.all(group.redis.map((server) => group.run(server, 'CONFIG', 'SET', ...args)))
}

/** Waits until the AOF contains the data set, after AOF was turned on again. */
async function untilRewritten({ group }: DataCentre, server: Server): Promise<void> {
  const deadlineMs = performance.now() + 10 * TIMEOUT_MS
  for (;;) {
    const info = String(await group.run(server, 'INFO', 'persistence'))
    if (/^aof_enabled:1/m.test(info) && !/_in_progress:1|_scheduled:1/.test(info)) return
    if (performance.now() > deadlineMs)
      throw new Error(`The AOF was not rewritten within ${10 * TIMEOUT_MS} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
