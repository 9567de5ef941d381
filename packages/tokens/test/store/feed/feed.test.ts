import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import type { StoreEvent } from '@holdfast/tokens'
import { tokenKey } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { Lease } from '../../../src/store/cache/lease.ts'
import { readInstant } from '../../../src/store/clocks/instant.ts'
import type { Committer } from '../../../src/store/commit/committer.ts'
import type { Feed } from '../../../src/store/feed/feed.ts'
import { Heartbeat } from '../../../src/store/feed/heartbeat.ts'
import { dataCentreTag, generateToken } from '../../../src/token/format.ts'
import { openStore, pause } from '../../support.ts'

const group = groupOfThisFile()

const publish = async (channel: string, message: string) =>
  group().run(await group().primary(), 'PUBLISH', channel, message)

const someKey = () => tokenKey(generateToken(dataCentreTag('dc1'), '000')) ?? ''

test('a store goes on after every kind of message that it cannot read, and starts its feed again', async () => {
  const unreadable: StoreEvent[] = []
  const observer = {
    event: (event: StoreEvent) => {
      if (event.type === 'feed-unreadable') unreadable.push(event)
    },
  }
  const [store, other] = [await openStore(group(), { observer }), await openStore(group())]
  await expect.poll(() => store.status().leaseRemainingMs, { timeout: 5000 }).toBeGreaterThan(0)
  const messages: [channel: string, message: string][] = [
    ['hf:feed', 'a - -8 '],
    ['hf:feed', `${someKey()} - -8 `],
    ['hf:feed', `${someKey()} - 1e9 1R1 `],
    ['hf:feed', `${someKey()} - 99 1R1 `],
    ['hf:feed', `hf:mark - 3 1R1 `],
    ['hf:feed', `${someKey()} - 9 malformed `],
    ['hf:feed', '\u{ff}\0  '],
    ['hf:settled', 'hf:mark'],
    ['hf:settled', ''],
  ]
  for (const [index, [channel, message]] of messages.entries()) {
    const { token } = await other.issue({ subject: 'ada' })
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
    const before = unreadable.length
    await publish(channel, message)
    // What follows in the same feed is not heard: the store must not go on from memory.
    await other.revoke(token)
    await expect.poll(() => unreadable.length, { timeout: 3000 }).toBe(before + 1)
    await expect.poll(() => store.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
    await expect.poll(() => store.status().leaseRemainingMs, { timeout: 3000 }).toBeGreaterThan(0)
    expect(unreadable, `after message ${index}`).toHaveLength(before + 1)
  }
}, 30_000)

test('a heartbeat with a number that was not sent proves no lease', async () => {
  const lease = new Lease(100)
  const heartbeat = new Heartbeat(lease, 100, {})
  // Every heartbeat is confirmed, and none comes back through the feed.
  const committer = { signal: async () => ({ replies: [], term: 1, complete: true }) }
  const running = heartbeat.run({ generation: 1 } as Feed, committer as unknown as Committer, () => {})
  heartbeat.hear(900_000_000_000_000)
  await pause(300)
  expect(lease.ageMs(readInstant())).toBeNull()
  heartbeat.close()
  await running
})
