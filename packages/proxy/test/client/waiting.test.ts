import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { BareClient } from '../support/bare-client.ts'
import { addClientUser, CLIENT, startProxy, type TestProxy } from '../support/proxy.ts'

const group = groupOfThisFile()
const CLIENTS = 1000
const MIN_LOOK_MS = 25
let proxy: TestProxy
let redis: Redis

beforeAll(async () => {
  await addClientUser(group())
  proxy = await startProxy(group())
  redis = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT })
})
afterAll(async () => {
  redis.disconnect()
  await proxy[Symbol.asyncDispose]()
})

/** How often the primary was asked EXISTS. */
async function looks(): Promise<number> {
  const stats = await group().run(await group().primary(), 'INFO', 'commandstats')
  return Number(/cmdstat_exists:calls=(\d+)/.exec(String(stats))?.[1] ?? 0)
}

async function untilWaiting(count: number): Promise<void> {
  while (proxy.proxy.status.waiting !== count) await new Promise((resolve) => setImmediate(resolve))
}

// INV-PROXY-7.
it('a thousand clients that wait cost as much as one, and get elements in the order in which they came', async () => {
  const clients = Array.from({ length: CLIENTS }, () => new BareClient(proxy.port))
  try {
    await Promise.all(clients.map((client) => client.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)))
    for (const [index, client] of clients.entries()) {
      client.socket.write('BLPOP jobs 0\r\n')
      await untilWaiting(index + 1)
    }
    // Each newcomer has looked once for itself.
    await redis.get('after')
    const beginMs = performance.now()
    const before = await looks()
    while ((await looks()) < before + 10) await new Promise((resolve) => setTimeout(resolve, MIN_LOOK_MS))
    const count = (await looks()) - before
    // A timer may be a millisecond early.
    expect(count).toBeLessThanOrEqual((performance.now() - beginMs) / (MIN_LOOK_MS - 1) + 1)
    const jobs = clients.map((_, index) => `job-${index}`)
    await redis.rpush('jobs', ...jobs)
    const got = await Promise.all(clients.map((client) => client.next()))
    expect(got).toEqual(jobs.map((job) => [`*2\r\n$4\r\njobs\r\n$${job.length}\r\n${job}\r\n`]))
    expect(await redis.exists('jobs')).toBe(0)
  } finally {
    for (const client of clients) client.socket.destroy()
  }
})

it('a client gets an element that was added without the proxy', async () => {
  const waiting = redis.blpop('outside', 0)
  await untilWaiting(1)
  await group().run(await group().primary(), 'RPUSH', 'outside', 'element')
  expect(await waiting).toEqual(['outside', 'element'])
})

it('each group of readers of a stream gets its entries, added by a transaction or without the proxy', async () => {
  const readers = ['one', 'two'].map(() => redis.duplicate())
  try {
    for (const name of ['one', 'two']) await redis.xgroup('CREATE', 'events', name, '$', 'MKSTREAM')
    const readAll = () =>
      Promise.all(
        readers.map((reader, index) =>
          reader.xreadgroup('GROUP', ['one', 'two'][index] ?? '', 'me', 'BLOCK', 0, 'STREAMS', 'events', '>'),
        ),
      )
    const first = readAll()
    await untilWaiting(2)
    await redis.multi().xadd('events', '*', 'n', '1').exec()
    expect(await first).toMatchObject([
      [['events', [[expect.any(String), ['n', '1']]]]],
      [['events', [[expect.any(String), ['n', '1']]]]],
    ])
    const second = readAll()
    await untilWaiting(2)
    await group().run(await group().primary(), 'XADD', 'events', '*', 'n', '2')
    expect(await second).toMatchObject([
      [['events', [[expect.any(String), ['n', '2']]]]],
      [['events', [[expect.any(String), ['n', '2']]]]],
    ])
  } finally {
    for (const reader of readers) reader.disconnect()
  }
})

it('a client that goes while it waits takes no element', async () => {
  const gone = new BareClient(proxy.port)
  await gone.ask(`AUTH ${CLIENT.username} ${CLIENT.password}`)
  gone.socket.write('BLPOP kept 0\r\n')
  await untilWaiting(1)
  gone.socket.destroy()
  await untilWaiting(0)
  await redis.rpush('kept', 'element')
  expect(await redis.lpop('kept')).toBe('element')
})
