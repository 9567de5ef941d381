import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, HELLO_CHANNEL, type NodeAddress, parseHello } from '@holdfast/tokens/redis'

const CONNECT_TIMEOUT_MS = 500
const RETRY_INTERVAL_MS = 1000
/** A connection without a hello message for this long is opened again: a cut connection would stay silent forever. */
const MAX_SILENCE_MS = 10_000

export interface HelloListenerOptions {
  /** The Redis to listen on: those of this host. */
  redis: readonly NodeAddress[]
  primaryName: string
  /** Opens a connection to a Redis as admin. */
  open: (node: NodeAddress, timeoutMs: number) => Promise<Connection>
  /** Called with each epoch that is newer than all before. */
  onNewEpoch: (epoch: number) => void
}

/**
 * Listens to the hello messages of the Sentinels, and reports the newest election epoch of any of them. `SENTINEL MASTER`
 * shows only the epoch of the last failover that succeeded.
 */
export class HelloListener {
  readonly #options: HelloListenerOptions
  #newestEpoch = 0

  constructor(options: HelloListenerOptions) {
    this.#options = options
  }

  /** Listens until the signal aborts, then rejects. */
  async listen(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#options.redis.map((node) => this.#listenOn(node, signal)))
  }

  async #listenOn(node: NodeAddress, signal: AbortSignal): Promise<never> {
    for (;;) {
      signal.throwIfAborted()
      const connection = await this.#options.open(node, CONNECT_TIMEOUT_MS).catch(() => null)
      if (connection !== null) {
        try {
          await this.#receive(connection, signal)
        } catch {
          // The connection is opened again.
        } finally {
          connection.close()
        }
      }
      await sleep(RETRY_INTERVAL_MS * (0.8 + 0.4 * Math.random()), undefined, { signal })
    }
  }

  /** Receives hello messages until the connection ends or stays silent for too long. */
  async #receive(connection: Connection, signal: AbortSignal): Promise<void> {
    let receivedAtMs = performance.now()
    const onMessage = (message: Buffer) => {
      receivedAtMs = performance.now()
      const hello = parseHello(message.toString('latin1'))
      if (hello?.primaryName !== this.#options.primaryName || hello.epoch <= this.#newestEpoch) return
      this.#newestEpoch = hello.epoch
      this.#options.onNewEpoch(hello.epoch)
    }
    await connection.subscribe([HELLO_CHANNEL], onMessage, CONNECT_TIMEOUT_MS)
    while (connection.isOpen && performance.now() - receivedAtMs < MAX_SILENCE_MS) {
      await Promise.race([connection.closed, sleep(RETRY_INTERVAL_MS, undefined, { signal })])
    }
  }
}
