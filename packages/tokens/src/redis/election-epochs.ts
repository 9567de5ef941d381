import type { Connection } from './connection.ts'
import { formatEndedElections, parseEndedElections } from './ended-elections.ts'
import type { ReplicaGroup } from './group.ts'
import { HELLO_CHANNEL, parseHello } from './hello.ts'
import type { Sentinel } from './sentinel.ts'

/**
 * The key that stores which elections are over, for processes that start while a Sentinel does not answer. The
 * value stays true for these Sentinels, so any node may answer, and a lost entry only costs time.
 */
const ENDED_KEY = 'hf:ended-elections'
const ENDED_MS = 300
/** Deadline of a query to all Sentinels (in milliseconds). */
const ASK_MS = 300
const SUBSCRIBE_MS = 1000
/** The pause between two checks for Sentinels whose epoch is unknown. */
const LOOK_MS = 500
/**
 * If two hellos of one Sentinel arrive this far apart, they are not from the backlog of a Redis that was paused, so
 * the later one is recent.
 */
const APART_MS = 300

/** The epochs of a Sentinel are known for one session: the time during which its events arrive without a gap. */
interface CacheEntry {
  id: string
  sessionMs: number
  /** Elections up to this epoch are over: when every Sentinel was asked, none led a failover. 0 means unknown. */
  endedEpoch: number
}

interface FirstHello {
  sessionMs: number
  atMs: number
}

/**
 * Decides which elections may still lead to a promotion. Sentinel has no time limit for that (FACT-20): a leader
 * that was paused, or was in TILT, promotes when it resumes. So no election ends by time alone. An election is over
 * when a primary is announced with its epoch or a newer one, or when every Sentinel is asked after the election and
 * none leads a failover.
 *
 * All relevant votes of a Sentinel are known if this process has subscribed to its events and, since then, one of
 * two things happened: every Sentinel was asked and led no failover, or this Sentinel has published its current
 * epoch.
 */
export class ElectionEpochs {
  readonly #group: ReplicaGroup
  readonly #primaryName: string
  readonly #known = new WeakMap<Sentinel, CacheEntry>()
  readonly #firstHellos = new WeakMap<Sentinel, FirstHello>()
  #hellos: { connection: Connection; sinceMs: number } | null = null
  #problem: string | null = null
  #keptAs: string | null = null
  #closed = false

  constructor(group: ReplicaGroup, primaryName: string) {
    this.#group = group
    this.#primaryName = primaryName
  }

  /** The Sentinels of which this process cannot have missed a relevant vote. */
  get heard(): Sentinel[] {
    return this.#listening().filter((sentinel) => this.#isKnown(sentinel))
  }

  /** Why too few Sentinels count, if the reason is that their epochs cannot be read; otherwise null. */
  get problem(): string | null {
    return this.#problem
  }

  /**
   * Returns the newest epoch of an election that may still lead to another primary than this one, or null if there
   * is none.
   * INV-TOKENS-15.
   */
  pendingAfter(primaryEpoch: number): number | null {
    const pending = this.#group.trustedSentinels.flatMap((sentinel) => {
      const ended = Math.max(primaryEpoch, this.#endedEpoch(sentinel))
      return sentinel.newestEpoch > ended ? [sentinel.newestEpoch] : []
    })
    return pending.length === 0 ? null : Math.max(...pending)
  }

  /**
   * Asks all Sentinels whether they lead a failover, once this process has subscribed to the events of all of them.
   * A leader reports this from its election on. So if none does, no failover is in progress, every announced
   * election is over, and every vote of a later election will be received.
   */
  async askAll(): Promise<void> {
    const listening = this.#listening()
    if (new Set(listening.map(({ id }) => id)).size < this.#group.allSentinels) return
    const sessions = listening.map((sentinel) => ({ sentinel, sessionMs: sessionOf(sentinel) }))
    const afterMs = performance.now()
    const asked = Promise.all(listening.map((sentinel) => askAfter(sentinel, afterMs)))
    await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, ASK_MS))])
    const isQuiet = ({ quiet }: Sentinel) => quiet !== null && quiet.askedAtMs >= afterMs
    if (!sessions.every(({ sentinel, sessionMs }) => isQuiet(sentinel) && sessionOf(sentinel) === sessionMs))
      return
    for (const { sentinel, sessionMs } of sessions) {
      const endedEpoch = Math.max(this.#endedEpoch(sentinel), sentinel.quiet?.epoch ?? 0)
      this.#known.set(sentinel, { id: sentinel.id, sessionMs, endedEpoch })
    }
    this.#keepEnded()
  }

  /** Reads from the primary which elections are over, if the value covers every existing Sentinel. */
  async readEnded(): Promise<void> {
    const reply = await this.#group.primary?.read(['GET', ENDED_KEY], ENDED_MS).catch(() => null)
    const ended = Buffer.isBuffer(reply)
      ? parseEndedElections(reply.toString('latin1'))
      : new Map<string, number>()
    const { voterIds, allSentinels } = this.#group
    if (ended.size < allSentinels || !voterIds.every((id) => ended.has(id))) return
    for (const sentinel of this.#listening()) {
      const sessionMs = this.#known.get(sentinel)?.sessionMs ?? 0
      const endedEpoch = Math.max(this.#endedEpoch(sentinel), ended.get(sentinel.id) ?? 0)
      this.#known.set(sentinel, { id: sentinel.id, sessionMs, endedEpoch })
    }
  }

  /** Keeps the epochs known until it is closed. When a Sentinel is down, it is too late to ask all of them. */
  async run(): Promise<void> {
    while (!this.#closed) {
      const isPending = this.pendingAfter(this.#group.primaryEpoch) !== null
      if (this.#unknown().length > 0 || isPending) await this.askAll()
      await this.#listenToHellos().catch((error: unknown) => {
        this.#problem = `The Sentinels' epochs cannot be read on the primary. ${String(error)}`
      })
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  close(): void {
    this.#closed = true
    this.#hellos?.connection.close()
  }

  #listening(): Sentinel[] {
    return this.#group.trustedSentinels.filter(({ listeningSinceMs }) => listeningSinceMs !== null)
  }

  #isKnown(sentinel: Sentinel): boolean {
    return this.#known.get(sentinel)?.sessionMs === sessionOf(sentinel)
  }

  #unknown(): Sentinel[] {
    return this.#listening().filter((sentinel) => !this.#isKnown(sentinel))
  }

  /**
   * Subscribes to the hello channel while the epoch of a Sentinel is unknown. The subscription must be newer than
   * the session of that Sentinel.
   */
  async #listenToHellos(): Promise<void> {
    const unknown = this.#unknown()
    const newestMs = Math.max(...unknown.map(sessionOf))
    const isOpen = this.#hellos?.connection.isOpen === true
    if (unknown.length > 0 && isOpen && (this.#hellos?.sinceMs ?? 0) > newestMs) return
    this.#hellos?.connection.close()
    this.#hellos = null
    const { primary } = this.#group
    if (unknown.length === 0 || primary === null || this.#closed) return
    const connection = await primary.openConnection()
    const sinceMs = performance.now()
    try {
      await connection.subscribe([HELLO_CHANNEL], (message) => this.#hear(message, sinceMs), SUBSCRIBE_MS)
    } catch (error) {
      connection.close()
      throw error
    }
    if (this.#closed) return connection.close()
    this.#problem = null
    this.#hellos = { connection, sinceMs }
  }

  #hear(message: Buffer, subscribedAtMs: number): void {
    const hello = parseHello(message.toString('latin1'))
    const sentinel = this.#listening().find(({ id }) => id === hello?.id)
    if (hello === null || hello.primaryName !== this.#primaryName || sentinel === undefined) return
    sentinel.noteEpoch(hello.epoch)
    const sessionMs = sessionOf(sentinel)
    if (sessionMs >= subscribedAtMs) return
    const nowMs = performance.now()
    const first = this.#firstHellos.get(sentinel)
    if (first?.sessionMs !== sessionMs) this.#firstHellos.set(sentinel, { sessionMs, atMs: nowMs })
    else if (nowMs - first.atMs >= APART_MS && !this.#isKnown(sentinel)) {
      this.#known.set(sentinel, { id: sentinel.id, sessionMs, endedEpoch: this.#endedEpoch(sentinel) })
    }
  }

  /** Stores for other processes which elections are over, if one was abandoned. */
  #keepEnded(): void {
    const ended = new Map(this.#listening().map((sentinel) => [sentinel.id, this.#endedEpoch(sentinel)]))
    const text = formatEndedElections(ended)
    if (Math.max(...ended.values()) <= this.#group.primaryEpoch || text === this.#keptAs) return
    this.#keptAs = text
    this.#group.primary?.read(['SET', ENDED_KEY, text], ENDED_MS).catch(() => {
      this.#keptAs = null
    })
  }

  /** Returns 0 for another Sentinel at the same address, because each Sentinel counts its epochs from the start. */
  #endedEpoch(sentinel: Sentinel): number {
    const known = this.#known.get(sentinel)
    return known?.id === sentinel.id ? known.endedEpoch : 0
  }
}

/** The time since which the events of a Sentinel arrive without a gap. It identifies the session. */
function sessionOf({ listeningSinceMs }: Sentinel): number {
  return listeningSinceMs ?? Number.POSITIVE_INFINITY
}

/** Asks a Sentinel. A query that was already in progress at `afterMs` does not count. */
async function askAfter(sentinel: Sentinel, afterMs: number): Promise<void> {
  await sentinel.ask()
  if (sentinel.quiet !== null && sentinel.quiet.askedAtMs < afterMs) await sentinel.ask()
}
