import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { beforeAll, expect, it } from 'vitest'
import { HoldingRelays } from './support/holding-relay.ts'
import { addClientUser, CLIENT, startProxy } from './support/proxy.ts'

const group = groupOfThisFile()
beforeAll(() => addClientUser(group()))

/**
 * A write is done on the primary while both replicas hang, and the connection that carried it ends. Returns whether the
 * write was answered before a replica had it.
 */
async function answersTooEarly(): Promise<boolean> {
  using relays = new HoldingRelays()
  const routes = await relays.start(group())
  await using proxy = await startProxy(group(), {}, routes)
  const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
  const replicas = await group().replicas()
  const primary = await group().primary()
  const record = async () =>
    String(
      await group().run(
        primary,
        'EVAL',
        "redis.call('SELECT', 15) local values = {} for i, key in ipairs(redis.call('KEYS', 'hf:px:*')) do values[i] = redis.call('GET', key) end return values",
        '0',
      ),
    )
  try {
    await client.set('before', '1')
    for (const replica of replicas) replica.pause()
    let isAnswered = false
    // The end of the answer to the transaction: the counter, SELECT and the completion record.
    const done = relays.untilAnswered(':1\r\n+OK\r\n+OK\r\n')
    const answer = client.incr('fenced').then(() => {
      isAnswered = true
    })
    await done
    const before = await record()
    relays.breakWriters()
    // The proxy connects again, finds the write done, and writes its record before it waits. Redis 7.0 would wait without
    // that; later servers would confirm at once (FACT-7).
    while ((await record()) === before) await new Promise((resolve) => setTimeout(resolve, 5))
    // As long as WAIT takes.
    await new Promise((resolve) => setTimeout(resolve, 400))
    const wasEarly = isAnswered
    for (const replica of replicas) replica.resume()
    await answer
    return wasEarly
  } finally {
    for (const replica of replicas) replica.resume()
    client.disconnect()
  }
}

// INV-PROXY-2.
it('a write that was done on a lost connection is answered only when replicas have it', async () => {
  expect(await answersTooEarly()).toBe(false)
})
