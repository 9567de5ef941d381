import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStandaloneRedis, TEST_USERS } from '@holdfast/testing'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConnectionPool } from '../../src/redis/connection-pool.ts'
import { type NodeView, readView } from '../../src/redis/nodes.ts'
import { ReplicationLink, reconnectStalledLink } from '../../src/watchdog/stalled-link.ts'

const PRIMARY = { host: 'a', port: 6379 }

const primary = (offset: number, more: Partial<NodeView> = {}): NodeView => ({
  address: PRIMARY,
  role: 'primary',
  replid: 'history',
  replid2: '0',
  offset,
  replicas: [],
  primaryAddress: null,
  linkUp: false,
  ...more,
})

const replica = (offset: number, more: Partial<NodeView> = {}): NodeView => ({
  ...primary(offset),
  address: { host: 'b', port: 6379 },
  role: 'replica',
  primaryAddress: formatAddress(PRIMARY),
  linkUp: true,
  ...more,
})

/** Whether the link is stalled after a second with ten polls. */
function isStalledAfter(
  replicas: (look: number) => NodeView | null,
  primaries: (look: number) => NodeView | null,
) {
  const link = new ReplicationLink()
  for (let look = 0; look <= 10; look++) {
    link.observeReplica(replicas(look), look * 100)
    if (link.isQuiet(look * 100)) link.observePrimary(primaries(look), look * 100)
  }
  return link.isStalled(1000)
}

describe('ReplicationLink', () => {
  it('a link is stalled when no data arrives although the primary answers and has more', () => {
    expect(
      isStalledAfter(
        () => replica(5),
        () => primary(9),
      ),
    ).toBe(true)
  })

  it.each<[string, (look: number) => NodeView | null, (look: number) => NodeView | null]>([
    ['the primary has no more data', () => replica(5), () => primary(5)],
    ['the primary does not answer', () => replica(5), () => null],
    ['the replica does not answer', () => null, () => primary(9)],
    ['data arrives slowly', (look) => replica(look), () => primary(99)],
    ['the primary has only just got more data', () => replica(5), (look) => primary(look === 10 ? 9 : 5)],
    ['the link is already down', () => replica(5, { linkUp: false }), () => primary(9)],
    ['the other node is no longer a primary', () => replica(5), () => primary(9, { role: 'replica' })],
    ['the primary has started another history', () => replica(5), () => primary(9, { replid: 'new' })],
    [
      'the replica has switched to another primary',
      (look) => replica(5, look < 8 ? {} : { primaryAddress: 'c:6379' }),
      () => primary(9),
    ],
  ])('a link is not stalled when %s', (_, replicas, primaries) => {
    expect(isStalledAfter(replicas, primaries)).toBe(false)
  })

  it('a link is left alone for two seconds after a reconnect', () => {
    const link = new ReplicationLink()
    link.observeReplica(replica(5), 0)
    expect(link.isQuiet(1000)).toBe(true)
    link.startCooldown(1000)
    expect(link.isQuiet(2900)).toBe(false)
    expect(link.isQuiet(3000)).toBe(true)
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
describe('reconnectStalledLink', () => {
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
    reconnectStalledLink(
      {
        replica: nodes.replica,
        all: [nodes.relay],
        view,
        sendToNode: (node, command) => send(node, ...command),
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
