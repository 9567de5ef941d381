import type { Deadline } from '../deadline.ts'
import { StoreClosedError, StoreFullError, StoreUnavailableError } from '../errors.ts'
import type { TokenRecord } from '../record/record.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import type { MergeRequest, Rotated, RotateRequest } from './backend.ts'
import type { CacheEntry } from './cache.ts'
import { chunksOf, mapAbreast } from './chunks.ts'
import {
  asStored,
  longerTombstones,
  readMerged,
  readReplacements,
  readRotated,
  rotateCommand,
} from './commands.ts'
import type { Committer } from './commit.ts'
import type { Feed } from './feed.ts'
import type { Journal } from './journal.ts'
import { type Committed, PrimaryReplacedError, type WhenFull } from './pending-write.ts'
import type { RecentRemoteWrites } from './recent-remote-writes.ts'
import type { Replayer } from './replay.ts'
import type { SafetyRule } from './rules.ts'

const POLL_INTERVAL_MS = 100
/** Most records in one unit of writes, and most units of one call at once: the primary is busy with them for some ms. */
const MAX_IN_UNIT = 100
const UNITS_ABREAST = 4

/** The reason for a delayed answer after a failover. */
export const NOT_CAUGHT_UP =
  'The new primary may still be missing writes that were acknowledged before the failover.'

export interface RecordWriterOptions {
  committer: Committer
  journal: Journal<MergeRequest>
  remoteWrites: RecentRemoteWrites
  feed: Feed
  replayer: Replayer
  /** A record that was acknowledged just now. */
  onWritten: (key: string, record: TokenRecord) => CacheEntry
  rulesOff: ReadonlySet<SafetyRule>
}

/** Writes records: in units, journalled until every node has them, and, where a guard needs it, on a primary that lacks nothing. */
export class RecordWriter {
  readonly #group: ReplicaGroup
  readonly #options: RecordWriterOptions
  #closed = false

  constructor(group: ReplicaGroup, options: RecordWriterOptions) {
    this.#group = group
    this.#options = options
  }

  close(): void {
    this.#closed = true
  }

  /** In units, so that each is acknowledged in time however many there are, and other writes go on between them. */
  async merge(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]> {
    const stored = await mapAbreast(chunksOf(requests, MAX_IN_UNIT), UNITS_ABREAST, (some) =>
      this.#mergeUnit(some, deadline),
    )
    return stored.flat()
  }

  async rotate(request: RotateRequest, deadline: Deadline): Promise<Rotated> {
    const requests = [request.fresh, request.old]
    if (this.#options.rulesOff.has('rotate')) {
      const [fresh = null] = await this.merge([request.fresh], deadline)
      const [old = null] = await this.merge([request.old], deadline)
      return { fresh, old }
    }
    this.#assertMayWrite(requests.length)
    const committed = await this.#commitRotation(request, deadline)
    const rotated = readRotated(request, committed.replies)
    // Also what was found: it is acknowledged now, and only what every node has is sure to stay.
    const stored = requests.flatMap(({ key, subject }, index) => {
      const record = index === 0 ? rotated.fresh : rotated.old
      return record === null ? [] : [{ key, subject, record }]
    })
    this.#keepUntilComplete(stored, committed)
    for (const { key, record } of stored) this.#options.onWritten(key.key, record)
    return rotated
  }

  /** See {@link Backend.onOnePrimary}. */
  async onOnePrimary<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
    for (;;) {
      const failovers = await this.#untilCaughtUp(deadline)
      const value = await work()
      if (failovers === this.#group.failovers || this.#options.rulesOff.has('rotate')) return value
    }
  }

  async #mergeUnit(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]> {
    this.#assertMayWrite(requests.length)
    const committed = await this.#write(requests, deadline, 'refuse').catch((error: unknown) => {
      const isOfStored = error instanceof StoreFullError && requests.every((request) => request.changesStored)
      if (!isOfStored || this.#options.rulesOff.has('touch-when-full')) throw error
      return this.#write(requests, deadline, 'stored')
    })
    const replaced = readReplacements(requests, committed.replies)
    this.#keepUntilComplete([...asStored(requests, committed), ...replaced], committed)
    for (const { key, record } of replaced) this.#options.onWritten(key.key, record)
    const merged = requests.map(({ key, record }, index) => {
      const stored = readMerged(record, committed.replies[index] ?? null)
      const known = this.#options.onWritten(key.key, stored)
      // Not what is known by now: the feed may have brought somebody's next update already, and then a caller whose
      // own was made would take it for lost, and make it again.
      return known.record.state === 'revoked' ? known.record : stored
    })
    const longer = longerTombstones(requests, merged)
    if (longer.length > 0) await this.merge(longer, deadline)
    return merged
  }

  /** The version check of an update proves nothing on a primary that lacks acknowledged updates. */
  #write(requests: MergeRequest[], deadline: Deadline, whenFull: WhenFull): Promise<Committed> {
    const isGuarded = requests.some(({ ifVersion }) => ifVersion !== undefined)
    return isGuarded
      ? this.#onCaughtUpPrimary(deadline, (mayTry) =>
          this.#options.committer.merge(requests, deadline, { whenFull, mayTry }),
        )
      : this.#options.committer.merge(requests, deadline, { whenFull })
  }

  /** Another primary could store the new session although the old one was revoked. */
  async #commitRotation(request: RotateRequest, deadline: Deadline): Promise<Committed> {
    const commit = (onlyAgain: boolean) =>
      this.#onCaughtUpPrimary(deadline, (mayTry) =>
        this.#options.committer.runScript(rotateCommand(request, onlyAgain), deadline, { mayTry }),
      )
    return commit(false).catch((error: unknown) => {
      // An earlier try may have been made before memory was full, without having been acknowledged.
      if (error instanceof StoreFullError) return commit(true)
      throw error
    })
  }

  /**
   * Sends on a primary that has received all that its predecessors acknowledged; to the next one only when that has, too.
   * INV-TOKENS-22.
   */
  async #onCaughtUpPrimary(
    deadline: Deadline,
    send: (mayTry: () => boolean) => Promise<Committed>,
  ): Promise<Committed> {
    for (;;) {
      const failovers = await this.#untilCaughtUp(deadline)
      try {
        return await send(() => this.#group.failovers === failovers)
      } catch (error) {
        if (!(error instanceof PrimaryReplacedError)) throw error
      }
    }
  }

  /** Throws `STORE_CLOSED` and `STORE_OVERLOADED`. */
  #assertMayWrite(count: number): void {
    if (this.#closed) throw new StoreClosedError('The store was closed.')
    this.#options.journal.assertRoom(count, {
      nowMs: performance.now(),
      promotableMs: this.#group.promotableMs,
    })
  }

  /** Waits until the primary has received all writes that it may lack; returns the number of failovers until then. */
  async #untilCaughtUp(deadline: Deadline): Promise<number> {
    while (!this.#options.replayer.isDone && !this.#options.rulesOff.has('unknown')) {
      if (this.#closed) throw new StoreClosedError('The store was closed.')
      if (deadline.isOver) throw new StoreUnavailableError(NOT_CAUGHT_UP)
      await deadline.pause(POLL_INTERVAL_MS)
    }
    return this.#group.failovers
  }

  /** A replica that lacks these may be promoted: they are kept until all have them. */
  #keepUntilComplete(stored: MergeRequest[], committed: Committed): void {
    const { rulesOff, feed, remoteWrites, journal, replayer } = this.#options
    if (rulesOff.has('journal')) return
    const nowMs = performance.now()
    // Without the feed it is not heard, and a primary that loses power may lack even what every node has.
    if (feed.generation === null || feed.term !== committed.term) {
      for (const { key, subject, record } of stored) {
        const message = { key: key.key, subjectKey: subject?.key ?? null, record }
        remoteWrites.add(message, committed.term, nowMs)
      }
    }
    journal.settle(stored, committed, nowMs)
    if (rulesOff.has('retention')) journal.forgetBefore(nowMs - this.#group.promotableMs)
    // The primary has changed between the acknowledgement and now: its replay did not see these.
    if (this.#group.term !== committed.term) replayer.replayJournal().catch(() => {})
  }
}
