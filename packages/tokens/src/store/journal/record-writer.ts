import { chunksOf, mapAbreast } from '../../chunks.ts'
import type { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreFullError, StoreUnavailableError } from '../../errors.ts'
import type { TokenRecord } from '../../record/record.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import type { Committer } from '../commit/committer.ts'
import { type Committed, PrimaryReplacedError, type WhenFull } from '../commit/pending-write.ts'
import type { MergeRequest, Rotated, RotateRequest } from '../commit/requests.ts'
import {
  asStored,
  longerTombstones,
  readMerged,
  readReplacements,
  readRotated,
  rotateCommand,
} from '../commit/script-calls.ts'
import type { Feed } from '../feed/feed.ts'
import type { Journal } from './journal.ts'
import type { RecentRemoteWrites } from './recent-remote-writes.ts'
import { NOT_CAUGHT_UP, type Replayer } from './replay.ts'

const POLL_INTERVAL_MS = 100
/**
 * Maximum number of records per batch, and of concurrent batches per call. Each batch keeps the primary busy for
 * some milliseconds.
 */
const MAX_IN_UNIT = 100
const UNITS_ABREAST = 4

export interface RecordWriterOptions {
  committer: Committer
  journal: Journal<MergeRequest>
  remoteWrites: RecentRemoteWrites
  feed: Feed
  replayer: Replayer
  /** Called for a record that was just acknowledged. Returns the newest state that this process knows. */
  onWritten: (key: string, record: TokenRecord) => TokenRecord
  rules: SafetyPolicy
}

/**
 * Writes records in batches. The journal keeps them until every node has them. If a write has a version check, it
 * goes to a primary that lacks nothing.
 */
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

  /**
   * Merges in batches: each batch is acknowledged in time, no matter how many records there are, and other writes
   * proceed between batches.
   */
  async merge(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]> {
    const stored = await mapAbreast(chunksOf(requests, MAX_IN_UNIT), UNITS_ABREAST, (some) =>
      this.#mergeUnit(some, deadline),
    )
    return stored.flat()
  }

  async rotate(request: RotateRequest, deadline: Deadline): Promise<Rotated> {
    const requests = [request.fresh, request.old]
    if (!this.#options.rules.rotate) {
      const [fresh = null] = await this.merge([request.fresh], deadline)
      const [old = null] = await this.merge([request.old], deadline)
      return { fresh, old }
    }
    this.#assertMayWrite(requests.length)
    const committed = await this.#commitRotation(request, deadline)
    const rotated = readRotated(request, committed.replies)
    // Includes records that were already stored: they are acknowledged now, and a record is durable only when every
    // node has it.
    const stored = requests.flatMap(({ key, subject }, index) => {
      const record = index === 0 ? rotated.fresh : rotated.old
      if (record === null) return []
      // An updated old session stays live, and in the index of the same subject as the new one.
      return [{ key, subject: record.state === 'live' ? request.fresh.subject : subject, record }]
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
      if (failovers === this.#group.failovers || !this.#options.rules.rotate) return value
    }
  }

  async #mergeUnit(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]> {
    this.#assertMayWrite(requests.length)
    const committed = await this.#write(requests, deadline, 'refuse').catch((error: unknown) => {
      const isOfStored = error instanceof StoreFullError && requests.every((request) => request.changesStored)
      if (!isOfStored || !this.#options.rules['touch-when-full']) throw error
      return this.#write(requests, deadline, 'stored')
    })
    const replaced = readReplacements(requests, committed.replies)
    this.#keepUntilComplete([...asStored(requests, committed), ...replaced], committed)
    for (const { key, record } of replaced) this.#options.onWritten(key.key, record)
    const merged = requests.map(({ key, record }, index) => {
      const stored = readMerged(record, committed.replies[index] ?? null)
      const known = this.#options.onWritten(key.key, stored)
      // Not the cached record: the feed may already have delivered the next update of another process. Then the
      // caller would assume that its own update was lost, and apply it again.
      return known.state === 'revoked' ? known : stored
    })
    const longer = longerTombstones(requests, merged)
    if (longer.length > 0) await this.merge(longer, deadline)
    return merged
  }

  /**
   * The version check of an update proves nothing on a primary that lacks acknowledged updates, so such an update
   * waits.
   */
  #write(requests: MergeRequest[], deadline: Deadline, whenFull: WhenFull): Promise<Committed> {
    const isGuarded = requests.some(({ ifVersion }) => ifVersion !== undefined)
    return isGuarded
      ? this.#onCaughtUpPrimary(deadline, (mayTry) =>
          this.#options.committer.merge(requests, deadline, { whenFull, mayTry }),
        )
      : this.#options.committer.merge(requests, deadline, { whenFull })
  }

  /** Waits for a caught-up primary. Another primary could store the new session although the old one was revoked. */
  async #commitRotation(request: RotateRequest, deadline: Deadline): Promise<Committed> {
    const commit = (onlyAgain: boolean) =>
      this.#onCaughtUpPrimary(deadline, (mayTry) =>
        this.#options.committer.runScript(rotateCommand(request, onlyAgain), deadline, { mayTry }),
      )
    return commit(false).catch((error: unknown) => {
      // An earlier attempt may have been written before memory was full, without an acknowledgement.
      if (error instanceof StoreFullError) return commit(true)
      throw error
    })
  }

  /**
   * Sends a write on a primary that has received everything that its predecessors acknowledged. After a failover,
   * it waits until the next primary has received everything too.
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

  /** Throws `STORE_CLOSED` if the writer is closed, and `STORE_OVERLOADED` if the journal has no room. */
  #assertMayWrite(count: number): void {
    if (this.#closed) throw new StoreClosedError('The store was closed.')
    this.#options.journal.assertRoom(count, {
      nowMs: performance.now(),
      promotableMs: this.#group.promotableMs,
    })
  }

  /** Waits until the primary has received all writes that it may lack. Returns the number of failovers up to then. */
  async #untilCaughtUp(deadline: Deadline): Promise<number> {
    while (!this.#options.replayer.isDone && this.#options.rules.unknown) {
      if (this.#closed) throw new StoreClosedError('The store was closed.')
      if (deadline.isOver) throw new StoreUnavailableError(NOT_CAUGHT_UP)
      await deadline.pause(POLL_INTERVAL_MS)
    }
    return this.#group.failovers
  }

  /** Keeps these records until all replicas have them, because a replica that lacks them may be promoted. */
  #keepUntilComplete(stored: MergeRequest[], committed: Committed): void {
    const { rules, feed, remoteWrites, journal, replayer } = this.#options
    if (!rules.journal) return
    const nowMs = performance.now()
    // Without the feed, this process does not receive its own write, and a primary that loses power may lack even a
    // write that every node had.
    if (feed.generation === null || feed.term !== committed.term) {
      for (const { key, subject, record } of stored) {
        const message = { key: key.key, subjectKey: subject?.key ?? null, record }
        remoteWrites.add(message, committed.term, nowMs)
      }
    }
    journal.settle(stored, committed, nowMs)
    if (!rules.retention) journal.forgetBefore(nowMs - this.#group.promotableMs)
    // The primary has changed since the acknowledgement, and its replay did not include these records.
    if (this.#group.term !== committed.term) replayer.replayJournal().catch(() => {})
  }
}
