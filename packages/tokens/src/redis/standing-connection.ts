import { CommandTimeoutError, ConnectionClosedError, HoldfastError } from '../errors.ts'
import { formatAddress } from './address.ts'
import { Backoff } from './backoff.ts'
import { Connection, type ConnectionOptions, type Reply } from './connection.ts'
import { type Login, withLogin } from './login.ts'

export interface StandingConnectionOptions extends ConnectionOptions {
  firstRetryMs: number
  mostRetryMs: number
  /** Prepares a new connection. If it throws, the connection is closed. */
  prepare: (connection: Connection) => Promise<void>
  /** Called when the connection opens or closes. */
  onChange: () => void
}

/** A permanent connection. Whenever it ends, it is opened again after an increasing wait with jitter. */
export class StandingConnection {
  #options: StandingConnectionOptions
  readonly #stop = new AbortController()
  #connection: Connection | null = null
  #problem: HoldfastError | null = null
  #endPause = () => {}

  constructor(options: StandingConnectionOptions) {
    this.#options = options
    void this.#keepOpen()
  }

  get isUp(): boolean {
    return this.#connection?.isOpen === true
  }

  /** Why there is no connection, or null. */
  get problem(): HoldfastError | null {
    return this.isUp ? null : this.#problem
  }

  /**
   * Uses this login for new connections; an open connection stays. If there is no connection, tries to open one
   * immediately.
   */
  renew(login: Login): void {
    this.#options = withLogin(this.#options, login)
    // A refusal of the old login says nothing about this one.
    this.#problem = null
    this.#endPause()
  }

  /** Sends a command. Throws as {@link Connection.send}, and at once while there is no connection. */
  send(args: readonly (string | Buffer)[], timeoutMs: number): Promise<Reply> {
    if (this.#connection === null) {
      const where = formatAddress(this.#options.address)
      return Promise.reject(this.#problem ?? new ConnectionClosedError(`Not connected to ${where} yet.`))
    }
    return this.#connection.send(args, timeoutMs)
  }

  /**
   * Runs `question` on the connection, if there is one. If the other side does not answer, it is hung or
   * disconnected, and the connection is opened again. A new connection shows immediately when the other side is
   * back; the old one may never show it.
   */
  async probe(question: (connection: Connection) => Promise<void>): Promise<void> {
    const connection = this.#connection
    if (connection === null) return
    try {
      await question(connection)
    } catch (error) {
      this.#problem = asHoldfastError(error)
      if (error instanceof CommandTimeoutError) connection.close()
    }
  }

  stop(): void {
    this.#stop.abort()
    this.#connection?.close()
  }

  async #keepOpen(): Promise<void> {
    const { prepare, onChange, firstRetryMs, mostRetryMs } = this.#options
    const backoff = new Backoff(firstRetryMs, mostRetryMs)
    while (!this.#stop.signal.aborted) {
      const options = this.#options
      try {
        const connection = await Connection.open(options)
        await prepare(connection).catch((error: unknown) => {
          connection.close()
          throw error
        })
        if (this.#stop.signal.aborted) return connection.close()
        backoff.reset()
        this.#connection = connection
        onChange()
        await connection.closed
        this.#problem = new ConnectionClosedError(
          `The connection to ${formatAddress(this.#options.address)} has ended.`,
        )
      } catch (error) {
        if (options !== this.#options) continue
        this.#problem = asHoldfastError(error)
      }
      this.#connection = null
      onChange()
      await this.#pause(backoff.next())
    }
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#stop
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#endPause = done
    })
  }
}

function asHoldfastError(error: unknown): HoldfastError {
  return error instanceof HoldfastError
    ? error
    : new ConnectionClosedError('The connection failed in an unforeseen way.', { cause: error })
}
