import { setTimeout as sleep } from 'node:timers/promises'
import { type Connection, HELLO_CHANNEL, type NodeAddress, parseHello } from '@holdfast/tokens/redis'

const PATIENCE_MS = 500
const AGAIN_MS = 1000
/** A connection without a greeting for so long is opened again: a cut one would say nothing for ever. */
const SILENT_MS = 10_000

export interface GreetingsOptions {
  /** The Redis to listen on: those of this host. */
  redis: readonly NodeAddress[]
  primaryName: string
  /** Opens a connection to one, as admin. */
  open: (node: NodeAddress, timeoutMs: number) => Promise<Connection>
}

/** The newest election epoch of any Sentinel. `SENTINEL MASTER` shows only that of the last failover which succeeded. */
export class Greetings {
  readonly #options: GreetingsOptions
  #newestEpoch = 0

  constructor(options: GreetingsOptions) {
    this.#options = options
  }

  get newestEpoch(): number {
    return this.#newestEpoch
  }

  /** Listens. Rejects when the signal aborts. */
  async listen(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#options.redis.map((node) => this.#listenOn(node, signal)))
  }

  async #listenOn(node: NodeAddress, signal: AbortSignal): Promise<never> {
    for (;;) {
      signal.throwIfAborted()
      const connection = await this.#options.open(node, PATIENCE_MS).catch(() => null)
      if (connection !== null) {
        try {
          await this.#hear(connection, signal)
        } catch {
          // It is opened again.
        } finally {
          connection.close()
        }
      }
      await sleep(AGAIN_MS * (0.8 + 0.4 * Math.random()), undefined, { signal })
    }
  }

  /** Until the connection ends, or says nothing. */
  async #hear(connection: Connection, signal: AbortSignal): Promise<void> {
    let heardAtMs = performance.now()
    const note = (message: Buffer) => {
      heardAtMs = performance.now()
      const hello = parseHello(message.toString('latin1'))
      if (hello?.primaryName === this.#options.primaryName) {
        this.#newestEpoch = Math.max(this.#newestEpoch, hello.epoch)
      }
    }
    await connection.subscribe([HELLO_CHANNEL], note, PATIENCE_MS)
    while (connection.isOpen && performance.now() - heardAtMs < SILENT_MS) {
      await Promise.race([connection.closed, sleep(AGAIN_MS, undefined, { signal })])
    }
  }
}
