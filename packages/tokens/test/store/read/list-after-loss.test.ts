import { Network, RedisGroup } from '@holdfast/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tokenKey } from '../../../src/inspect.ts'
import { openStore } from '../../support.ts'

let network: Network
let group: RedisGroup

beforeEach(async () => {
  network = await Network.create()
  group = await RedisGroup.start({ network })
})
afterEach(async () => {
  await group.stop()
  await network.close()
})

/** Seed 5115 of the fault campaign: a primary that lost the end of its file acknowledged the logout of a session that it lacked. */
test('a list does not show a session whose logout was acknowledged by nodes that had lost the session', async () => {
  const [a, b] = group.redis
  if (a === undefined || b === undefined) throw new Error('There are no Redis.')
  const store = await openStore(group)
  const { token } = await store.issue({ subject: 'ada' })
  const kept = await store.issue({ subject: 'ada' })
  // From here on c keeps the session and receives nothing more.
  network.cut(['a'], ['c'])
  const key = tokenKey(token) ?? ''
  const keys = (await group.run(a, 'KEYS', 'hf:*')) as Buffer[]
  for (const other of keys) {
    if (String(await group.run(a, 'TYPE', String(other))) !== 'zset') continue
    await group.run(a, 'ZREM', String(other), key.slice(key.lastIndexOf(':') + 1))
  }
  expect(await group.run(a, 'DEL', key)).toBe(1)
  await store.revoke(token)
  // So that the answers of a and c together must be enough.
  b.pause()
  const listed = await store.list('ada', { timeoutMs: 5000 })
  expect(listed.map(({ id }) => id)).toEqual([kept.id])
  b.resume()
  await store.close()
}, 60_000)
