import { RedisGroup } from '@holdfast/testing'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addClientUser, CLIENT, startProxy, type TestProxy } from './support/proxy.ts'

let group: RedisGroup
beforeEach(async () => {
  group = await RedisGroup.start()
  await addClientUser(group)
})
afterEach(() => group.stop())

/** A client as people have it: it counts and reads until it is told to end. */
class Counting {
  readonly redis: Redis
  acknowledged = 0
  readonly errors: string[] = []
  /** Writes that were done once, and whose answer died with the primary. */
  executed = 0
  disconnects = 0
  #ends = false
  #loops: Promise<void>[] = []

  constructor({ port }: TestProxy) {
    this.redis = new Redis({ host: '127.0.0.1', port, ...CLIENT, retryStrategy: null })
    this.redis.on('error', ({ message }) => this.errors.push(message))
    this.redis.on('close', () => {
      this.disconnects += 1
    })
  }

  start(): void {
    this.#loops = [
      this.#repeat(10, async () => {
        await this.redis.incr('counter')
        this.acknowledged += 1
      }),
      this.#repeat(5, () => this.redis.get('counter')),
      this.#repeat(50, () => this.redis.multi().rpush('list', 'x').incr('transactions').exec()),
    ]
  }

  async untilMore(count: number): Promise<void> {
    const wanted = this.acknowledged + count
    while (this.acknowledged < wanted && this.errors.length === 0) await pause(5)
  }

  async end(): Promise<void> {
    this.#ends = true
    await Promise.all(this.#loops)
  }

  async #repeat(everyMs: number, work: () => Promise<unknown>): Promise<void> {
    while (!this.#ends) {
      await work().catch(({ message }: Error) => {
        const [, name] = /^UNCERTAIN Redis executed (.+?),/.exec(message) ?? []
        if (name === undefined) this.errors.push(message)
        else if (name === 'INCR') this.executed += 1
      })
      await pause(everyMs)
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.each([
  ['kill -9 of the primary', async (primary: { kill(): Promise<void> }) => primary.kill()],
  [
    'a primary that hangs, is replaced and comes back',
    async (primary: { pause(): void; resume(): void }) => {
      primary.pause()
      setTimeout(() => primary.resume(), 6000)
    },
  ],
])('an unmodified client through %s', (_, fault) => {
  it('sees no error and no end of its connection, and each acknowledged write was done once', async () => {
    await using proxy = await startProxy(group)
    const client = new Counting(proxy)
    client.start()
    await client.untilMore(20)
    const primary = await group.primary()
    await fault(primary)
    // The lease of the old primary ends before there is a new one.
    while (proxy.proxy.status.isReady) await pause(5)
    await client.untilMore(50)
    await client.end()
    expect(proxy.proxy.status.isReady).toBe(true)
    expect(client.errors).toEqual([])
    expect(client.disconnects).toBe(0)
    expect(Number(await client.redis.get('counter'))).toBe(client.acknowledged + client.executed)
    expect(await client.redis.llen('list')).toBe(Number(await client.redis.get('transactions')))
    expect(proxy.proxy.status).toMatchObject({ failovers: 1, unavailable: 0, lostRecords: 0 })
    const failovers = proxy.events.filter(({ event }) => event === 'failover')
    expect(failovers).toMatchObject([{ held: expect.any(Number), longestWaitMs: expect.any(Number) }])
    expect(failovers[0]?.longestWaitMs).toBeGreaterThan(100)
    client.redis.disconnect()
  })
})

describe('a replica that lacks acknowledged writes and is elected', () => {
  /** Counts while one replica is cut off, then leaves only that replica alive. Returns the counter that clients then see. */
  async function counterAfter(rules: {
    journal: boolean
  }): Promise<{ acknowledged: number; counter: number }> {
    await using proxy = await startProxy(group, { rules, holdMs: 60_000 })
    const client = new Redis({ host: '127.0.0.1', port: proxy.port, ...CLIENT, retryStrategy: null })
    await client.set('counter', '0')
    const primary = await group.primary()
    const [stale, other] = await group.replicas()
    if (stale === undefined || other === undefined) throw new Error('The group has too few replicas.')
    stale.pause()
    // What is on its way to a paused process would still arrive: its connection ends before the writes.
    await group.run(primary, 'CLIENT', 'KILL', 'TYPE', 'replica')
    const acknowledged = 25
    for (let n = 0; n < acknowledged; n++) await client.incr('counter')
    await Promise.all([primary.kill(), other.kill()])
    stale.resume()
    while ((await group.primary().catch(() => null)) !== stale) await pause(100)
    await other.start()
    // A write needs a replica, and is answered behind everything that was sent again.
    await client.set('after', '1')
    const counter = Number(await client.get('counter'))
    client.disconnect()
    return { acknowledged, counter }
  }

  // INV-PROXY-2, INV-PROXY-5.
  it('gets them from the journal before anybody reads', { timeout: 60_000 }, async () => {
    const { acknowledged, counter } = await counterAfter({ journal: true })
    expect(counter).toBe(acknowledged)
  })

  it('would have lost them without it', { timeout: 60_000 }, async () => {
    const { acknowledged, counter } = await counterAfter({ journal: false })
    expect(counter).toBeLessThan(acknowledged)
  })
})
