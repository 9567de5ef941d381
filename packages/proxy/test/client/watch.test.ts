import { RedisGroup } from '@holdfast/testing'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addClientUser, CLIENT, startProxy, type TestProxy } from '../support/proxy.ts'

let group: RedisGroup
let proxy: TestProxy
let redis: Redis
let other: Redis

beforeEach(async () => {
  group = await RedisGroup.start()
  await addClientUser(group)
  proxy = await startProxy(group)
  redis = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT })
  other = redis.duplicate()
})
afterEach(async () => {
  redis.disconnect()
  other.disconnect()
  await proxy[Symbol.asyncDispose]()
  await group.stop()
})

/** The connections of the proxy's clients to the primary, by their ids. */
async function connections(): Promise<string[]> {
  const clients = String(await group.run(await group.primary(), 'CLIENT', 'LIST')).split('\n')
  return clients
    .filter((line) => line.includes(`user=${CLIENT.username} `))
    .map((line) => /^id=(\d+)/.exec(line)?.[1] ?? '')
    .sort()
}

it('transactions that fail because a watched key changed, and UNWATCH, keep their connection to Redis', async () => {
  const fail = async () => {
    await redis.watch('watched')
    await other.incr('watched')
    return await redis.multi().set('watched', 'lost').exec()
  }
  expect(await fail()).toBeNull()
  const before = await connections()
  for (let n = 0; n < 20; n++) {
    expect(await fail()).toBeNull()
    await redis.watch('watched')
    await redis.unwatch()
  }
  expect(await connections()).toEqual(before)
  expect(proxy.proxy.status).toMatchObject({ sentAgain: 0, foundDone: 0, uncertain: 0 })
  expect(await other.get('watched')).toBe('21')
  await redis.watch('watched')
  expect(await redis.multi().set('watched', 'done').exec()).toEqual([[null, 'OK']])
})

/**
 * While a replica is missing, a stream asks again and again what it has confirmed. On the connection of a client that watches
 * keys, that would end the watch, and the transaction would overwrite the change of another client. INV-PROXY-8.
 */

it('a watched key stays watched while a replica lacks earlier transactions', async () => {
  const primary = await group.primary()
  const [replica] = await group.replicas()
  replica?.pause()
  await group.run(primary, 'CLIENT', 'KILL', 'TYPE', 'replica')
  try {
    const transact = (client: Redis, value: string) => client.multi().set('watched', value).exec()
    await redis.watch('watched')
    expect(await transact(redis, '1')).not.toBeNull()
    await redis.watch('watched')
    // The stream of all other writes asks its replicas in the same way, and each time it sets its record.
    await other.set('elsewhere', '1')
    expect(proxy.proxy.status.unconfirmed).toBeGreaterThan(1)
    const written = async () =>
      Number(/cmdstat_exec:calls=(\d+)/.exec(String(await group.run(primary, 'INFO', 'commandstats')))?.[1])
    const before = await written()
    while ((await written()) < before + 4) await new Promise((resolve) => setTimeout(resolve, 20))
    await other.set('watched', '2')
    expect(await transact(redis, '3')).toBeNull()
    expect(await other.get('watched')).toBe('2')
  } finally {
    replica?.resume()
  }
})
