import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { leaseNetwork } from './leases.ts'

/**
 * The name for connections whose address does not belong to a host of the network. They come from the test's own
 * process.
 */
const OUTSIDE = 'outside'

/** The state of the link in one direction between two hosts. */
interface Link {
  cut: boolean
  delayMs: number
}

/**
 * A network of hosts on loopback, without root. Each host has its own address. Other servers reach a server through
 * a relay, which identifies the sending host by its address. So a test can cut a link between two hosts, in one or
 * both directions, and can delay it. Bytes on a cut link wait, as TCP would retransmit them, and arrive after the
 * link works again. A connection attempt over a cut link hangs.
 */
export class Network {
  readonly #prefix: string
  readonly #hosts = new Map<string, string>()
  readonly #links = new Map<string, Link>()
  readonly #relays: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #held: { from: string; to: string; open: () => void }[] = []
  readonly #gates = new Set<Gate>()

  private constructor(prefix: string) {
    this.#prefix = prefix
  }

  static async create(): Promise<Network> {
    return new Network(await leaseNetwork())
  }

  /** Adds a host and returns its address. */
  addHost(name: string): string {
    const address = `${this.#prefix}.${10 + this.#hosts.size}`
    this.#hosts.set(address, name)
    return address
  }

  /** Listens on a port of `host` and forwards bytes to `targetPort` of the same host. */
  async relay(host: string, targetPort: number): Promise<number> {
    const to = this.#hosts.get(host) ?? OUTSIDE
    const server = createServer({ allowHalfOpen: true }, (socket) =>
      this.#accept(socket, to, host, targetPort),
    )
    this.#relays.push(server)
    server.listen(0, host)
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('The relay does not have a port.')
    return address.port
  }

  /** Cuts the links from each host of `from` to each host of `to`, and back unless `oneWay` is set. */
  cut(from: string[], to: string[], { oneWay = false } = {}): void {
    for (const a of from) {
      for (const b of to) {
        this.#link(a, b).cut = true
        if (!oneWay) this.#link(b, a).cut = true
      }
    }
  }

  /** Delays all bytes from one host to another. */
  delay(from: string, to: string, delayMs: number): void {
    this.#link(from, to).delayMs = delayMs
  }

  /** Restores every link to its initial state. */
  heal(): void {
    for (const link of this.#links.values()) {
      link.cut = false
      link.delayMs = 0
    }
    for (const { open } of this.#held.splice(0)) open()
    for (const gate of this.#gates) gate.wake()
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await Promise.all(this.#relays.map((relay) => new Promise((resolve) => relay.close(resolve))))
  }

  #link(from: string, to: string): Link {
    const key = `${from}>${to}`
    const link = this.#links.get(key) ?? { cut: false, delayMs: 0 }
    this.#links.set(key, link)
    return link
  }

  #accept(socket: Socket, to: string, host: string, targetPort: number): void {
    const from = this.#hosts.get(socket.remoteAddress ?? '') ?? OUTSIDE
    this.#track(socket)
    const open = () => this.#carry(socket, from, to, host, targetPort)
    if (this.#link(from, to).cut || this.#link(to, from).cut) this.#held.push({ from, to, open })
    else open()
  }

  #carry(socket: Socket, from: string, to: string, host: string, port: number): void {
    if (socket.destroyed) return
    const target = connect({ host, port, allowHalfOpen: true })
    this.#track(target)
    const end = () => {
      socket.destroy()
      target.destroy()
    }
    for (const side of [socket, target]) side.setNoDelay(true).on('error', end).on('close', end)
    socket.pipe(this.#gate(from, to)).pipe(target)
    target.pipe(this.#gate(to, from)).pipe(socket)
  }

  #gate(from: string, to: string): Gate {
    const gate = new Gate(this.#link(from, to))
    this.#gates.add(gate)
    gate.on('close', () => this.#gates.delete(gate))
    return gate
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }
}

/** Passes bytes on when the link is not cut. */
class Gate extends Transform {
  readonly #link: Link
  #waiting: (() => void)[] = []

  constructor(link: Link) {
    super()
    this.#link = link
  }

  wake(): void {
    for (const pass of this.#waiting.splice(0)) pass()
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: null, chunk: Buffer) => void,
  ): void {
    const pass = () => {
      if (this.#link.cut) this.#waiting.push(pass)
      else done(null, chunk)
    }
    if (this.#link.delayMs > 0) setTimeout(pass, this.#link.delayMs)
    else pass()
  }
}
