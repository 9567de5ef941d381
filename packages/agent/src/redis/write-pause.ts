/** How long a pause lasts without a renewal: it ends by itself when this process dies. */
const PAUSE_MS = 3000
const RENEWAL_MS = 1000

/** Sends a command to the Redis whose writes pause, with a deadline. */
type Send = (...command: string[]) => Promise<unknown>

/** Pauses the writes of a Redis, and renews the pause until it is disposed. Then writes continue. */
export async function pauseWrites(send: Send): Promise<WritePause> {
  const pause = () => send('CLIENT', 'PAUSE', String(PAUSE_MS), 'WRITE')
  await pause()
  return new WritePause(send, pause)
}

export class WritePause implements AsyncDisposable {
  readonly #send: Send
  readonly #renewing: NodeJS.Timeout
  /** Why the last renewal failed. */
  #failure: unknown = null

  constructor(send: Send, pause: () => Promise<unknown>) {
    this.#send = send
    this.#renewing = setInterval(() => {
      pause().then(
        () => {
          this.#failure = null
        },
        (error: unknown) => {
          this.#failure = error
        },
      )
    }, RENEWAL_MS)
  }

  /** Throws when the last renewal failed: writes may continue soon, and a replica that is promoted then would lack them. */
  assertRenewed(): void {
    if (this.#failure === null) return
    throw new Error('The pause of writes could not be renewed.', { cause: this.#failure })
  }

  /** From here on the pause expires by itself. */
  endRenewal(): void {
    clearInterval(this.#renewing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.endRenewal()
    // A Redis that does not answer ends the pause by itself.
    await this.#send('CLIENT', 'UNPAUSE').catch(() => {})
  }
}
