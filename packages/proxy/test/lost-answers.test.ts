import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { HoldingRelays } from './support/holding-relay.ts'
import { addClientUser, CLIENT, startProxy, type TestProxy } from './support/proxy.ts'

const group = groupOfThisFile()
let relays: HoldingRelays
let proxy: TestProxy
let redis: Redis

beforeAll(() => addClientUser(group()))
beforeEach(async () => {
  relays = new HoldingRelays()
  proxy = await startProxy(group(), {}, await relays.start(group()))
  redis = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
  await redis.set('before', '1')
  relays.loseNextAnswer()
})
afterEach(async () => {
  redis.disconnect()
  await proxy[Symbol.asyncDispose]()
  relays[Symbol.dispose]()
})

const status = () => proxy.proxy.status

// INV-PROXY-3.
it('a write whose answer does not depend on the data is answered, although its answer was lost', async () => {
  expect(await redis.set('session', 'data', 'EX', 100)).toBe('OK')
  expect(status()).toMatchObject({ foundDone: 1, sentAgain: 0, uncertain: 0 })
  expect(await redis.ttl('session')).toBeGreaterThan(90)
})

it('a transaction of such writes is answered, although its answer was lost', async () => {
  expect(await redis.multi().set('a', '1').setex('b', 100, '2').exec()).toEqual([
    [null, 'OK'],
    [null, 'OK'],
  ])
  expect(status()).toMatchObject({ foundDone: 1, uncertain: 0 })
})

it('a read that was sent with a write is asked again', async () => {
  const [set, got] = await Promise.all([redis.set('read', 'value'), redis.get('read')])
  expect([set, got]).toEqual(['OK', 'value'])
  expect(status()).toMatchObject({ foundDone: 1, uncertain: 0 })
})

it('a read between two writes of its client is not asked again, because it would see the later one', async () => {
  const [first, read, last] = await Promise.allSettled([
    redis.set('between', '1'),
    redis.get('between'),
    redis.set('between', '2'),
  ])
  expect([first.status, last.status]).toEqual(['fulfilled', 'fulfilled'])
  expect(String(read.status === 'rejected' ? read.reason : read.value)).toMatch(
    /UNAVAILABLE Nothing was done\..*safe to try again/,
  )
})

it('a write whose answer is data is answered as executed, with an unknown answer', async () => {
  await expect(redis.incr('counter')).rejects.toThrow(
    'UNCERTAIN Redis executed INCR, but the connection ended before the answer came.',
  )
  expect(await redis.get('counter')).toBe('1')
  expect(status()).toMatchObject({ foundDone: 1, sentAgain: 0, uncertain: 1 })
})

// INV-PROXY-2.
it('an answer that is known without the server is given only when a replica has the write', async () => {
  const replicas = await group().replicas()
  for (const replica of replicas) replica.pause()
  try {
    let isAnswered = false
    const answer = redis.set('replicated', 'data').then(() => {
      isAnswered = true
    })
    while (status().foundDone === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(isAnswered).toBe(false)
    for (const replica of replicas) replica.resume()
    await answer
    expect(status()).toMatchObject({ uncertain: 0 })
  } finally {
    for (const replica of replicas) replica.resume()
  }
})
