import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { beforeAll, expect, it } from 'vitest'
import { HoldingRelays } from './support/holding-relay.ts'
import { addClientUser, CLIENT, startProxy } from './support/proxy.ts'

const group = groupOfThisFile()
beforeAll(() => addClientUser(group()))

/** Counts once while the transaction's packets are late, delivers them afterwards, and returns the counter. */
async function countOnce(
  key: string,
  rules: { guard: boolean },
): Promise<{ answer: number; counter: number }> {
  using relays = new HoldingRelays()
  const routes = await relays.start(group())
  await using proxy = await startProxy(group(), { rules }, routes)
  const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
  try {
    await client.set(`${key}:before`, '1')
    const held = relays.holdNextWrite()
    const answer = client.incr(key)
    await held
    expect(await answer).toBe(1)
    await relays.deliver()
    return { answer: await answer, counter: Number(await client.get(key)) }
  } finally {
    client.disconnect()
  }
}

// INV-PROXY-1.
it('does a write once although the packets of its abandoned connection arrive later', async () => {
  expect(await countOnce('guarded', { guard: true })).toEqual({ answer: 1, counter: 1 })
})

it('would do it twice without the guard', async () => {
  expect(await countOnce('unguarded', { guard: false })).toEqual({ answer: 1, counter: 2 })
})
