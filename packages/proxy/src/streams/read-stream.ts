import { Backoff, MARK_KEY } from '@holdfast/tokens/group'
import { errorKind, isError, textOrNull } from '../resp/reply.ts'
import { encodeCommand } from '../resp/request-parser.ts'
import { type Identity, LoginRefusedError, RawConnection } from '../upstream/raw-connection.ts'
import type { Upstream } from '../upstream/upstream.ts'
import { type Call, unavailable } from './call.ts'

export interface ReadStreamOptions {
  identity: Identity
  /** How long a read may take (in milliseconds). Then its connection is closed, and it is asked again or given up. */
  holdMs: number
  /** Whether the primary of this term has all that this proxy answered. */
  isCaughtUp: (term: number) => boolean
  onLoginRefused: (error: LoginRefusedError) => void
}

/** Most reads that are sent and not answered. The others wait in order. */
const MAX_IN_FLIGHT = 4096
/** How often reads that may not be answered look again. */
const LOOK_AGAIN_MS = 10
/** If the server does not answer at all within this time, the connection is closed. */
const LOOK_MS = 1000
/** The server cannot read now, but it, or another one, will. */
const PASSING = new Set(['LOADING', 'MASTERDOWN', 'CLUSTERDOWN'])

interface Reader {
  connection: RawConnection
  term: number
  db: number
}

/**
 * The reads of all clients with one login: sent to the primary at once, answered as the server wrote it. An answer counts
 * only under the lease of its term, and only once the primary has all that this proxy answered; any other read is asked
 * again, since a read changes nothing. INV-PROXY-5.
 */
export class ReadStream {
  readonly #upstream: Upstream
  readonly #options: ReadStreamOptions
  #queue: Call[] = []
  #inFlight = 0
  #reader: Reader | null = null
  #opening = false
  #flushing = false
  #timer: NodeJS.Timeout | null = null
  #closed = false

  constructor(upstream: Upstream, options: ReadStreamOptions) {
    this.#upstream = upstream
    this.#options = options
  }

  /** Calls that are not answered. */
  get size(): number {
    return this.#queue.length + this.#inFlight
  }

  /** The time of the waiting call that is given up first (monotonic ms); infinite without one. */
  get firstUntilMs(): number {
    return this.#queue[0]?.untilMs ?? Number.POSITIVE_INFINITY
  }

  add(call: Call): void {
    if (this.#closed) {
      call.answer(unavailable('The proxy stops.'))
      return
    }
    this.#queue.push(call)
    if (this.#flushing) return
    this.#flushing = true
    // The reads that all clients sent in one turn of the event loop go out in one write.
    setImmediate(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  close(): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#reader?.connection.close()
    for (const call of this.#queue.splice(0)) call.answer(unavailable('The proxy stops.'))
  }

  #flush(): void {
    if (this.#queue.length === 0 || this.#closed) return
    const { primary } = this.#upstream
    const reader = this.#reader
    const isReady = primary !== null && reader?.term === primary.term && reader.connection.isOpen
    if (!isReady) void this.#open()
    if (!isReady || !this.#mayRead(reader.term)) {
      this.#lookAgain()
      return
    }
    const next = this.#queue.splice(0, MAX_IN_FLIGHT - this.#inFlight)
    const calls = next.filter((call) => !call.isAbandoned())
    for (const call of next) if (call.isAbandoned()) call.answer(unavailable('The client has gone.'))
    const bytes: Buffer[] = []
    let replies = 0
    const ends = calls.map((call) => {
      if (call.db !== reader.db) {
        bytes.push(encodeCommand(['SELECT', String(call.db)]))
        replies += 1
        reader.db = call.db
      }
      for (const command of call.commands) bytes.push(command)
      replies += 1
      return replies
    })
    if (calls.length === 0) return
    this.#inFlight += calls.length
    reader.connection.exchange(bytes, replies, this.#options.holdMs).then(
      (answers) => this.#answer(reader, calls, (index) => answers[(ends[index] ?? 0) - 1]),
      () => this.#answer(reader, calls, () => undefined),
    )
  }

  #mayRead(term: number): boolean {
    return this.#upstream.holdsLease(term) && this.#options.isCaughtUp(term)
  }

  #answer(reader: Reader, calls: readonly Call[], replyOf: (index: number) => Buffer | undefined): void {
    this.#inFlight -= calls.length
    // The answers came while the server was the only primary.
    const counts = this.#mayRead(reader.term)
    const again: Call[] = []
    for (const [index, call] of calls.entries()) {
      const reply = replyOf(index)
      const isPassing = reply !== undefined && isError(reply) && PASSING.has(errorKind(reply))
      if (counts && reply !== undefined && !isPassing) call.answer(reply)
      else again.push(call)
    }
    if (this.#closed) for (const call of again.splice(0)) call.answer(unavailable('The proxy stops.'))
    if (again.length === 0) {
      this.#flush()
      return
    }
    this.#queue = [...again, ...this.#queue]
    this.#lookAgain()
  }

  /** Tries again soon. Reads that waited too long are answered: nothing was done. */
  #lookAgain(): void {
    if (this.#timer !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      const nowMs = performance.now()
      const late = this.#queue.filter((call) => call.untilMs <= nowMs)
      this.#queue = this.#queue.filter((call) => call.untilMs > nowMs)
      for (const call of late)
        call.answer(unavailable(this.#upstream.problem ?? 'The primary has not answered.'))
      this.#flush()
    }, LOOK_AGAIN_MS)
  }

  async #open(): Promise<void> {
    const { primary } = this.#upstream
    if (this.#opening || primary === null) return
    this.#opening = true
    this.#reader?.connection.close()
    this.#reader = null
    const backoff = new Backoff(LOOK_AGAIN_MS, 100)
    try {
      const { node, term } = primary
      const connection = await RawConnection.open(node.endpoint, this.#options.identity)
      void this.#upstream.group.termOver(term).then(() => connection.close())
      const [mark] = await connection.exchange([encodeCommand(['GET', MARK_KEY])], 1, LOOK_MS)
      // The address may belong to another group by now. Without the right to look, the group's own look counts.
      const isForeign = mark !== undefined && !isError(mark) && !this.#upstream.group.isOurs(textOrNull(mark))
      if (this.#closed || isForeign) connection.close()
      else this.#reader = { connection, term, db: 0 }
    } catch (error) {
      if (error instanceof LoginRefusedError) this.#options.onLoginRefused(error)
      this.#upstream.group.alert()
      await new Promise((resolve) => setTimeout(resolve, backoff.next()))
    } finally {
      this.#opening = false
    }
    this.#flush()
  }
}
