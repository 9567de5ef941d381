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
const isPassing = (reply: Buffer): boolean => isError(reply) && PASSING.has(errorKind(reply))

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
  /** Reads whose answers did not count, in the order in which they were sent. */
  #again: Call[] = []
  /** Changes whenever a read is to be asked again. Answers to what was sent before count no more. */
  #round = 0
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
    return this.#queue.length + this.#again.length + this.#inFlight
  }

  /** The time of the waiting call that is given up first (monotonic ms); infinite without one. */
  get firstUntilMs(): number {
    return (this.#again[0] ?? this.#queue[0])?.untilMs ?? Number.POSITIVE_INFINITY
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
    for (const call of [...this.#again.splice(0), ...this.#queue.splice(0)])
      call.answer(unavailable('The proxy stops.'))
  }

  #flush(): void {
    // Later reads of the same clients wait for those that are asked again.
    if (this.#queue.length === 0 || this.#again.length > 0 || this.#closed) return
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
    void this.#ask(reader, calls, { bytes, replies, ends })
  }

  /** Sends reads, and answers each when its answer is there. `ends`: the place of each answer. */
  async #ask(
    reader: Reader,
    calls: readonly Call[],
    { bytes, replies, ends }: { bytes: Buffer[]; replies: number; ends: readonly number[] },
  ): Promise<void> {
    const round = this.#round
    let answered = 0
    let place = 0
    const take = (chunk: readonly Buffer[]) => {
      // The answers came while the server was the only primary.
      const counts = round === this.#round && this.#mayRead(reader.term)
      for (const reply of chunk) {
        place += 1
        const call = calls[answered]
        // Between them are the answers to SELECT.
        if (call === undefined || place !== ends[answered]) continue
        answered += 1
        this.#inFlight -= 1
        // INV-PROXY-6. Behind a read that is asked again, all are: a client's later read never shows an earlier state.
        if (counts && round === this.#round && !isPassing(reply)) call.answer(reply)
        else this.#askAgain([call])
      }
      this.#flush()
    }
    try {
      await reader.connection.stream(bytes, replies, this.#options.holdMs, take)
    } catch {
      // The connection has ended. A read changes nothing, so it is asked again.
      this.#inFlight -= calls.length - answered
      this.#askAgain(calls.slice(answered))
    }
  }

  #askAgain(calls: readonly Call[]): void {
    if (calls.length === 0) return
    this.#round += 1
    if (this.#closed) for (const call of calls) call.answer(unavailable('The proxy stops.'))
    else this.#again.push(...calls)
    this.#lookAgain()
  }

  #mayRead(term: number): boolean {
    return this.#upstream.holdsLease(term) && this.#options.isCaughtUp(term)
  }

  /** Tries again soon. Reads that waited too long are answered: nothing was done. */
  #lookAgain(): void {
    if (this.#timer !== null || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = null
      const nowMs = performance.now()
      const isLate = ({ untilMs }: Call) => untilMs <= nowMs
      const waiting = [...this.#again, ...this.#queue]
      for (const call of waiting.filter(isLate))
        call.answer(unavailable(this.#upstream.problem ?? 'The primary has not answered.'))
      this.#again = this.#again.filter((call) => !isLate(call))
      this.#queue = this.#queue.filter((call) => !isLate(call))
      // Reads that are under way were sent behind them, and are asked again behind them.
      if (this.#again.length > 0 && this.#inFlight > 0) {
        this.#lookAgain()
        return
      }
      this.#queue = [...this.#again.splice(0), ...this.#queue]
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
