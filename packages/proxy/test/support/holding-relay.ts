import { connect, type Socket } from 'node:net'
import { type RedisGroup, startTcpServer } from '@holdfast/testing'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'

/** Connections that carry completion records are writes of a proxy. */
const RECORDS = 'hf:px:'

interface Pair {
  client: Socket
  server: Socket
  isWriter: boolean
  held: Buffer[] | null
}

/**
 * Relays between a proxy and the Redis of a group. A relay can break a connection towards the proxy and keep what was sent
 * on it, to deliver it later: as a network does whose packets arrive late.
 */
export class HoldingRelays implements Disposable {
  readonly #pairs = new Set<Pair>()
  readonly #servers: { close(): void }[] = []
  #isHolding = false
  #onHeld = () => {}
  #isLosing = false
  #onAnswer: { text: string; resolve: () => void } | null = null

  /** Starts a relay for each Redis, and returns where the proxy reaches each of them. */
  async start(group: RedisGroup): Promise<Map<string, NodeAddress>> {
    const routes = new Map<string, NodeAddress>()
    for (const { address } of group.redis) {
      const server = await startTcpServer((client) => this.#relay(client, address))
      this.#servers.push(server)
      routes.set(formatAddress(address), { host: server.host, port: server.port })
    }
    return routes
  }

  /**
   * The next transaction that a writer sends does not arrive. Its connection ends for the proxy, and stays open to Redis.
   * Resolves when that has happened.
   */
  holdNextWrite(): Promise<void> {
    this.#isHolding = true
    return new Promise((resolve) => {
      this.#onHeld = resolve
    })
  }

  /** Delivers what was held. Resolves when Redis has answered it. */
  async deliver(): Promise<void> {
    for (const pair of this.#pairs) {
      if (pair.held === null) continue
      const answered = new Promise<void>((resolve) => pair.server.once('data', () => resolve()))
      pair.server.write(Buffer.concat(pair.held))
      await answered
    }
  }

  /** The next transaction of a writer is done, and its answer is lost with the connection. */
  loseNextAnswer(): void {
    this.#isLosing = true
  }

  /** Resolves when an answer with this text has been handed on to a writer. */
  untilAnswered(text: string): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = { text, resolve }
    })
  }

  /** Ends the connections that carry writes, on both sides. */
  breakWriters(): void {
    for (const { client, server, isWriter } of this.#pairs) {
      if (!isWriter) continue
      client.destroy()
      server.destroy()
    }
  }

  [Symbol.dispose](): void {
    for (const { client, server } of this.#pairs) {
      client.destroy()
      server.destroy()
    }
    for (const server of this.#servers) server.close()
  }

  #relay(client: Socket, { host, port }: NodeAddress): void {
    const server = connect({ host, port })
    const pair: Pair = { client, server, isWriter: false, held: null }
    this.#pairs.add(pair)
    client.on('data', (chunk) => this.#forward(pair, chunk))
    server.on('data', (chunk) => {
      client.write(chunk)
      if (!pair.isWriter || this.#onAnswer === null || !chunk.includes(this.#onAnswer.text)) return
      this.#onAnswer.resolve()
      this.#onAnswer = null
    })
    server.on('error', () => client.destroy())
    server.on('close', () => client.destroy())
    client.on('close', () => {
      if (pair.held !== null) return
      server.destroy()
      this.#pairs.delete(pair)
    })
  }

  #forward(pair: Pair, chunk: Buffer): void {
    const isTransaction = chunk.includes('MULTI')
    if (this.#isLosing && pair.isWriter && isTransaction) {
      this.#isLosing = false
      pair.server.removeAllListeners('data')
      // The end of EXEC's answer is that of the completion record. What was behind it does not matter.
      pair.server.on('data', (answer) => {
        if (answer.includes('+OK\r\n')) pair.client.destroy()
      })
    }
    if (this.#isHolding && pair.isWriter && isTransaction) {
      this.#isHolding = false
      pair.held = []
      pair.client.removeAllListeners('data')
      pair.client.on('data', (more) => pair.held?.push(more))
      pair.held.push(chunk)
      // The rest of the transaction may come in another packet.
      setTimeout(() => {
        pair.client.destroy()
        this.#onHeld()
      }, 50)
      return
    }
    pair.isWriter ||= chunk.includes(RECORDS)
    pair.server.write(chunk)
  }
}
