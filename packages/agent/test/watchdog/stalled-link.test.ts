import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStandaloneRedis, TEST_USERS } from '@holdfast/testing'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionPool } from '../../src/redis/connection-pool.ts'
import { type NodeView, readView } from '../../src/redis/nodes.ts'
import type { Asked } from '../../src/watchdog/rules/rule.ts'
import { reconnectStalledLinks } from '../../src/watchdog/rules/stalled-link.ts'
import { watchGroup } from '../../src/watchdog/watch-group.ts'
import { observe, primaryOf, redisAt, viewOf } from '../support/observation.ts'
import { groupOver } from '../support/real-group.ts'

type View = NodeView & Asked

const primary = (offset: number, more: Partial<View> = {}): View => primaryOf('a', { offset, ...more })
const replica = (offset: number, more: Partial<View> = {}): View => viewOf('b', { offset, ...more })

/** The looks, one per 100 ms, after which the link is closed, of these first looks. */
function redialsIn(
  looks: number,
  replicas: (look: number) => View | null,
  primaries: (look: number) => View | null,
): number[] {
  const decide = reconnectStalledLinks.start()
  const own = { redis: [redisAt('b')], sentinels: [] }
  return Array.from({ length: looks }, (_, look) => look).filter((look) => {
    const nowMs = look * 100
    const views = [replicas(look), primaries(look)]
      .filter((view) => view !== null)
      .map((view) => ({ ...view, askedAtMs: view.askedAtMs + nowMs }))
    return decide(observe({ nowMs, own, views })).some(({ kind }) => kind === 'redial')
  })
}

/** Whether the link is closed within a second. */
const isStalledAfter = (replicas: (look: number) => View | null, primaries: (look: number) => View | null) =>
  redialsIn(11, replicas, primaries).length > 0

describe('reconnectStalledLinks.decide', () => {
  it('a link is stalled when no data arrives although the primary answers and has more', () => {
    expect(
      isStalledAfter(
        () => replica(5),
        () => primary(9),
      ),
    ).toBe(true)
  })

  it.each<[string, (look: number) => View | null, (look: number) => View | null]>([
    ['the primary has no more data', () => replica(5), () => primary(5)],
    ['the primary does not answer', () => replica(5), () => null],
    ['the replica does not answer', () => null, () => primary(9)],
    ['data arrives slowly', (look) => replica(look), () => primary(99)],
    ['the primary has only just got more data', () => replica(5), (look) => primary(look === 10 ? 9 : 5)],
    ['the link is already down', () => replica(5, { linkUp: false }), () => primary(9)],
    ['the other node is no longer a primary', () => replica(5), () => primary(9, { role: 'replica' })],
    ['the primary has started another history', () => replica(5), () => primary(9, { replid: 'newer' })],
    [
      'the replica has switched to another primary',
      (look) => replica(5, look < 6 ? {} : { primaryAddress: 'c:6379' }),
      () => primary(9),
    ],
  ])('a link is not stalled when %s', (_, replicas, primaries) => {
    expect(isStalledAfter(replicas, primaries)).toBe(false)
  })

  it('a link is left alone for two seconds after a reconnect', () => {
    expect(
      redialsIn(
        32,
        () => replica(5),
        () => primary(9),
      ),
    ).toEqual([6, 28])
  })

  it('a link is not closed by an old answer of the replica, which may hang itself', () => {
    expect(
      isStalledAfter(
        // The last answer is from the fourth look.
        (look) => replica(5, { askedAtMs: 100 * Math.min(0, 4 - look) }),
        () => primary(9),
      ),
    ).toBe(false)
  })

  it('a link is not closed by an old answer of the primary, which may be out of reach since', () => {
    expect(
      isStalledAfter(
        () => replica(5),
        // The last answer is from the fifth look.
        (look) => primary(9, { askedAtMs: 100 * Math.min(0, 5 - look) }),
      ),
    ).toBe(false)
  })
})

/** Relays connections to a port. After `stall`, the open connections deliver no more data, but new ones do. */
class Relay {
  readonly #server
  readonly #sockets: Socket[] = []
  readonly #toClients: Socket[] = []

  constructor(target: NodeAddress) {
    this.#server = createServer((client) => {
      const server = connect(target)
      this.#sockets.push(client, server)
      this.#toClients.push(server)
      for (const socket of [client, server]) socket.on('error', () => {})
      client.pipe(server).pipe(client)
      client.on('close', () => server.destroy())
      server.on('close', () => client.destroy())
    }).listen(0, '127.0.0.1')
  }

  async address(): Promise<NodeAddress> {
    if (!this.#server.listening) await once(this.#server, 'listening')
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port }
  }

  stall(): void {
    for (const socket of this.#toClients) socket.unpipe()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

// INV-AGENT-12.
describe('the agent', () => {
  const ends: (() => unknown)[] = []
  let connections: ConnectionPool
  let relay: Relay
  let nodes: Record<'primary' | 'replica' | 'relay', NodeAddress>
  const stop = new AbortController()

  const view = async (node: NodeAddress, timeoutMs = 500): Promise<NodeView> => {
    const [info] = await connections.send(node, [['INFO', 'replication']], timeoutMs)
    return readView(node, info)
  }
  const send = (node: NodeAddress, ...command: string[]) => connections.send(node, [command], 500)

  beforeEach(async () => {
    const [one, other] = [await startStandaloneRedis(), await startStandaloneRedis()]
    connections = new ConnectionPool({ ...TEST_USERS.admin, tls: null })
    relay = new Relay(one.server.address)
    nodes = { primary: one.server.address, replica: other.server.address, relay: await relay.address() }
    ends.push(
      one.stop,
      other.stop,
      () => connections.close(),
      () => relay.close(),
    )
    await send(nodes.replica, 'REPLICAOF', nodes.relay.host, String(nodes.relay.port))
    await expect.poll(async () => (await view(nodes.replica)).linkUp, { timeout: 5000 }).toBe(true)
    relay.stall()
    await send(nodes.primary, 'SET', 'key', 'value')
  })
  afterEach(async () => {
    stop.abort()
    for (const end of ends.splice(0).reverse()) await end()
  })

  const hasIt = async () => String(await send(nodes.replica, 'GET', 'key')) === 'value'

  it('a replica behind a stalled link stays behind by itself, and catches up soon with the agent', async () => {
    await sleep(1500)
    expect(await hasIt()).toBe(false)
    const logged: string[] = []
    watchGroup(
      {
        group: groupOver(connections, [nodes.relay, nodes.replica], []),
        own: { redis: [nodes.replica], sentinels: [] },
        rules: [reconnectStalledLinks],
        log: (event, { answer }) => logged.push(`${event}: ${answer}`),
      },
      stop.signal,
    ).catch(() => {})
    await expect.poll(hasIt, { timeout: 5000 }).toBe(true)
    expect(logged).toEqual(['dialled a silent primary anew: OK'])
    const log = String(await send(nodes.primary, 'INFO', 'stats'))
    expect(log).toContain('sync_partial_ok:1')
  })
})
