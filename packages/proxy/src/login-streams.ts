import type { Streams, WatchingStream } from './client/host.ts'
import { CommandTable } from './commands/command-table.ts'
import { decode, isError, textOf } from './resp/reply.ts'
import { encodeCommand } from './resp/request-parser.ts'
import { ReadStream } from './streams/read-stream.ts'
import { WriteStream, type WriteStreamOptions } from './streams/write-stream.ts'
import { type Identity, LoginRefusedError, RawConnection } from './upstream/raw-connection.ts'
import type { Upstream } from './upstream/upstream.ts'
import type { Look } from './waiting/look.ts'

export interface LoginStreamsOptions
  extends Omit<WriteStreamOptions, 'identity' | 'commands' | 'onLoginRefused'> {
  /** Most clients with this login that watch keys at a time. Each needs a connection to Redis. */
  maxWatching: number
  /** Whether the primary of this term has all that this proxy answered, to any login. */
  isCaughtUp: (term: number) => boolean
  onLoginRefused: (error: LoginRefusedError) => void
}

/** If the server does not answer within this time, another look is made. */
const LOOK_MS = 2000
/** A removed password is accepted for at most this time (in milliseconds). */
const CHECK_AGAIN_MS = 1000

/** The connections to Redis of all clients with one login. */
export class LoginStreams implements Streams {
  readonly identity: Identity
  readonly commands: CommandTable
  readonly version: string
  readonly read: ReadStream
  readonly write: WriteStream
  readonly look: Look = (db, args) => this.#look(db, args)
  readonly #upstream: Upstream
  readonly #options: LoginStreamsOptions
  readonly #watching = new Set<WriteStream>()
  readonly #free: WriteStream[] = []
  readonly #waiting: (() => void)[] = []
  #users = 0
  #checkedMs = performance.now()
  #checking: Promise<void> | null = null

  private constructor(
    upstream: Upstream,
    identity: Identity,
    server: { commands: CommandTable; version: string },
    options: LoginStreamsOptions,
  ) {
    this.identity = identity
    this.commands = server.commands
    this.version = server.version
    this.#upstream = upstream
    this.#options = options
    this.write = new WriteStream(upstream, { ...options, identity, commands: server.commands })
    this.read = new ReadStream(upstream, { ...options, identity })
  }

  /** Logs in once, to see whether Redis accepts it. Throws `LoginRefusedError`, or another error without a primary. */
  static async open(
    upstream: Upstream,
    identity: Identity,
    options: LoginStreamsOptions,
  ): Promise<LoginStreams> {
    const { primary } = upstream
    if (primary === null) throw new Error(upstream.problem ?? 'The primary has just changed.')
    const connection = await RawConnection.open(primary.node.endpoint, identity)
    void upstream.group.termOver(primary.term).then(() => connection.close())
    try {
      const [commands, info] = await connection.exchange(
        [encodeCommand(['COMMAND']), encodeCommand(['INFO', 'server'])],
        2,
        LOOK_MS,
      )
      if (commands === undefined || info === undefined || isError(commands)) {
        throw new Error(
          `The user may not run COMMAND, which the proxy needs: ${commands ? textOf(commands) : ''}`,
        )
      }
      const version = /^redis_version:(.+?)\r?$/m.exec(isError(info) ? '' : textOf(info))?.[1] ?? '7.0.0'
      return new LoginStreams(
        upstream,
        identity,
        { commands: CommandTable.from(decode(commands)), version },
        options,
      )
    } finally {
      connection.close()
    }
  }

  /**
   * Asks Redis again whether it accepts this login, for a client that logs in with it: the password may have been removed
   * since. Throws `LoginRefusedError`. Without a primary that answers, the last answer counts.
   */
  async check(): Promise<void> {
    if (performance.now() - this.#checkedMs < CHECK_AGAIN_MS) return
    this.#checking ??= this.#ask().finally(() => {
      this.#checking = null
    })
    await this.#checking
  }

  async #ask(): Promise<void> {
    const { primary } = this.#upstream
    if (primary === null) return
    try {
      const connection = await RawConnection.open(primary.node.endpoint, this.identity)
      connection.close()
      this.#checkedMs = performance.now()
    } catch (error) {
      if (error instanceof LoginRefusedError) throw error
    }
  }

  /** Clients that are logged in with it. */
  get users(): number {
    return this.#users
  }

  use(): () => void {
    this.#users += 1
    let isOver = false
    return () => {
      if (!isOver) this.#users -= 1
      isOver = true
    }
  }

  get all(): WriteStream[] {
    return [this.write, ...this.#watching]
  }

  /** Calls that are not answered. */
  get pending(): number {
    return this.read.size + this.all.reduce((sum, { size }) => sum + size, 0)
  }

  /** How long the oldest call without an answer waits (in milliseconds); 0 without one. */
  longestWaitMs(nowMs: number): number {
    const firstUntilMs = Math.min(this.read.firstUntilMs, ...this.all.map(({ firstUntilMs }) => firstUntilMs))
    return Number.isFinite(firstUntilMs) ? Math.max(0, nowMs - (firstUntilMs - this.#options.holdMs)) : 0
  }

  isCaughtUp(term: number): boolean {
    return this.all.every((stream) => stream.isCaughtUp(term))
  }

  async borrowWatching(timeoutMs: number): Promise<WatchingStream> {
    const untilMs = performance.now() + timeoutMs
    while (this.#free.length === 0 && this.#watching.size >= this.#options.maxWatching) {
      if (performance.now() >= untilMs)
        throw new Error(`${this.#options.maxWatching} clients watch keys already.`)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
        setTimeout(resolve, Math.min(1000, timeoutMs))
      })
    }
    const stream =
      this.#free.pop() ??
      new WriteStream(this.#upstream, {
        ...this.#options,
        identity: this.identity,
        commands: this.commands,
      })
    this.#watching.add(stream)
    let isReleased = false
    return {
      add: (call) => stream.add(call),
      watch: (db, raw) => stream.watch(db, raw),
      unwatch: () => stream.unwatch(),
      release: () => {
        if (isReleased) return
        isReleased = true
        this.#free.push(stream)
        this.#waiting.shift()?.()
      },
    }
  }

  #look(db: number, args: readonly (string | Buffer)[]): Promise<Buffer> {
    return new Promise((resolve) =>
      this.read.add({
        db,
        commands: [encodeCommand(args)],
        names: [String(args[0]).toLowerCase()],
        isTransaction: false,
        isRead: true,
        sender: this,
        untilMs: performance.now() + this.#options.holdMs,
        isAbandoned: () => false,
        answer: resolve,
      }),
    )
  }

  close(): void {
    this.read.close()
    for (const stream of this.all) stream.close()
  }
}
