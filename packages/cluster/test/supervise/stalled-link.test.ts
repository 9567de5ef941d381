import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startStandaloneRedis, TEST_USERS } from '@holdfast/testing'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Lines } from '../../src/redis/lines.ts'
import { type NodeView, readView } from '../../src/redis/nodes.ts'
import { Link, redialStalledLink } from '../../src/supervise/stalled-link.ts'

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

/** Whether it is stalled after a second of looks, ten of them. */
function isStalledAfter(
  replicas: (look: number) => NodeView | null,
  primaries: (look: number) => NodeView | null,
) {
  const link = new Link()
  for (let look = 0; look <= 10; look++) {
    link.noteReplica(replicas(look), look * 100)
    if (link.isQuiet(look * 100)) link.notePrimary(primaries(look), look * 100)
  }
  return link.isStalled(1000)
}

describe('a link', () => {
  it('is stalled when nothing comes although the primary answers and has more', () => {
    expect(
      isStalledAfter(
        () => replica(5),
        () => primary(9),
      ),
    ).toBe(true)
  })

  it.each<[string, (look: number) => NodeView | null, (look: number) => NodeView | null]>([
    ['there is nothing more', () => replica(5), () => primary(5)],
    ['the primary does not answer', () => replica(5), () => null],
    ['the replica does not answer', () => null, () => primary(9)],
    ['something comes, however slowly', (look) => replica(look), () => primary(99)],
    ['the primary has had more for a moment only', () => replica(5), (look) => primary(look === 10 ? 9 : 5)],
    ['it is down already', () => replica(5, { linkUp: false }), () => primary(9)],
    ['the other one is no primary any more', () => replica(5), () => primary(9, { role: 'replica' })],
    ['the other one has begun another history', () => replica(5), () => primary(9, { replid: 'new' })],
    [
      'it leads to another one from now on',
      (look) => replica(5, look < 8 ? {} : { primaryAddress: 'c:6379' }),
      () => primary(9),
    ],
  ])('is not when %s', (_, replicas, primaries) => {
    expect(isStalledAfter(replicas, primaries)).toBe(false)
  })

  it('rests after it was dialled anew', () => {
    const link = new Link()
    link.noteReplica(replica(5), 0)
    expect(link.isQuiet(1000)).toBe(true)
    link.rest(1000)
    expect(link.isQuiet(2900)).toBe(false)
    expect(link.isQuiet(3000)).toBe(true)
  })
})

/** Carries connections to a port; those that are open can be made to deliver nothing any more, while new ones do. */
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
describe('a replica behind a link that delivers nothing any more', () => {
  const ends: (() => unknown)[] = []
  let lines: Lines
  let relay: Relay
  let nodes: Record<'primary' | 'replica' | 'relay', NodeAddress>
  const stop = new AbortController()

  const view = async (node: NodeAddress, timeoutMs = 500): Promise<NodeView> => {
    const [info] = await lines.send(node, [['INFO', 'replication']], timeoutMs)
    return readView(node, info)
  }
  const tell = (node: NodeAddress, ...command: string[]) => lines.send(node, [command], 500)

  beforeEach(async () => {
    const [one, other] = [await startStandaloneRedis(), await startStandaloneRedis()]
    lines = new Lines({ ...TEST_USERS.admin, tls: null })
    relay = new Relay(one.server.address)
    nodes = { primary: one.server.address, replica: other.server.address, relay: await relay.address() }
    ends.push(
      one.stop,
      other.stop,
      () => lines.close(),
      () => relay.close(),
    )
    await tell(nodes.replica, 'REPLICAOF', nodes.relay.host, String(nodes.relay.port))
    await expect.poll(async () => (await view(nodes.replica)).linkUp, { timeout: 5000 }).toBe(true)
    relay.stall()
    await tell(nodes.primary, 'SET', 'key', 'value')
  })
  afterEach(async () => {
    stop.abort()
    for (const end of ends.splice(0).reverse()) await end()
  })

  const hasIt = async () => String(await tell(nodes.replica, 'GET', 'key')) === 'value'

  it('stays behind by itself, and has all soon under a watchdog', async () => {
    await sleep(1500)
    expect(await hasIt()).toBe(false)
    const told: string[] = []
    redialStalledLink(
      {
        replica: nodes.replica,
        all: [nodes.relay],
        view,
        tellNode: (node, command) => tell(node, ...command),
        log: (event, { answer }) => told.push(`${event}: ${answer}`),
      },
      stop.signal,
    ).catch(() => {})
    await expect.poll(hasIt, { timeout: 5000 }).toBe(true)
    expect(told).toEqual(['dialled a silent primary anew: OK'])
    const log = String(await tell(nodes.primary, 'INFO', 'stats'))
    expect(log).toContain('sync_partial_ok:1')
  })
})
