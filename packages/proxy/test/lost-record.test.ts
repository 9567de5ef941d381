import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { beforeAll, expect, it } from 'vitest'
import { HoldingRelays } from './support/holding-relay.ts'
import { addClientUser, CLIENT, startProxy } from './support/proxy.ts'

const group = groupOfThisFile()
beforeAll(() => addClientUser(group()))

// INV-PROXY-4.
it('says that it does not know, and does not repeat a write, when its proof has vanished', async () => {
  using relays = new HoldingRelays()
  const routes = await relays.start(group())
  await using proxy = await startProxy(group(), {}, routes)
  const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
  await client.set('counter', '0')
  const primary = await group().primary()
  const held = relays.holdNextWrite()
  const answer = client.incr('counter')
  answer.catch(() => {})
  await held
  const run = (...args: string[]) => group().run(primary, ...args)
  await run(
    'EVAL',
    "redis.call('SELECT', 15) for _, key in ipairs(redis.call('KEYS', 'hf:px:*')) do redis.call('DEL', key) end",
    '0',
  )
  await expect(answer).rejects.toThrow(/^UNCERTAIN It is not known whether INCR was done/)
  expect(proxy.proxy.status).toMatchObject({ lostRecords: 1, uncertain: 1, sentAgain: 0 })
  // The stream goes on with a new proof.
  expect(await client.incr('other')).toBe(1)
  expect(await client.get('counter')).toBe('0')
  client.disconnect()
})
