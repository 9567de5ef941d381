import { chunksOf } from '../../chunks.ts'
import { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreUnavailableError } from '../../errors.ts'
import { decodeRecord } from '../../record/codec.ts'
import { covers } from '../../record/merge.ts'
import { Backoff, jitter } from '../../redis/backoff.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import { parseRecordKey } from '../../token/digest.ts'
import type { StoreObserver } from '../api/observer.ts'
import type { Committer } from '../commit/committer.ts'
import type { MergeRequest } from '../commit/requests.ts'
import { asStored, longerTombstones, readMerged } from '../commit/script-calls.ts'
import type { FeedRecord } from '../feed/feed.ts'
import type { Journal } from './journal.ts'
import type { RecentRemoteWrites } from './recent-remote-writes.ts'

/** Maximum number of records per batch and per query. */
const CHUNK = 100
/**
 * Maximum number of journal batches that are written concurrently. With more, one batch of the committer could take
 * too long.
 */
const UNITS_AT_ONCE = 10
const READ_MS = 1000
const WRITE_MS = 10_000
/** A random delay, so that processes that received the same writes do not check at the same moment. */
const SPREAD_MS = 200
/**
 * How long the other processes need to replay what a new primary lacks, counted from the first write of this
 * process there. A process that is paused for longer is not waited for. This is safe while one other process is
 * alive that was subscribed to the feed: it received those writes and keeps them until every planned replica has
 * confirmed them. The limit: if no such process is alive, answers may be wrong until the paused one resumes.
 */
const OTHERS_MS = 2000
/**
 * In `INFO persistence`: the process started without any data. A file that was loaded or rewritten has a base of 80
 * bytes or more.
 */
const BEGAN_EMPTY = /^aof_base_size:0\r?$/m

/** The reason for a delayed answer after a failover. */
export const NOT_CAUGHT_UP =
  'The new primary may still be missing writes that were acknowledged before the failover.'

/** Attempts that are counted again on a new primary, before all waiting writes. */
interface ReplayedAttempts {
  replay(term: number, timeoutMs: number): Promise<void>
}

/**
 * Writes what a new primary may lack, after each change of primary. First it writes the journal of this process,
 * before all waiting writes. Then it writes the records from the feed that are missing there, because the process
 * that wrote them may have died together with the old primary.
 */
export class Replayer {
  readonly #group: ReplicaGroup
  readonly #committer: Committer
  readonly #journal: Journal<MergeRequest>
  readonly #attempts: ReplayedAttempts
  readonly #remoteWrites: RecentRemoteWrites
  readonly #rules: SafetyPolicy
  readonly #observer: StoreObserver
  /** The number of failovers when a primary was last known to have received everything. */
  #told: number | null = null
  readonly #firstTold = Promise.withResolvers<void>()
  #closed = false

  constructor(
    group: ReplicaGroup,
    committer: Committer,
    {
      journal,
      attempts,
      remoteWrites,
    }: { journal: Journal<MergeRequest>; attempts: ReplayedAttempts; remoteWrites: RecentRemoteWrites },
    { rules, observer }: { rules: SafetyPolicy; observer: StoreObserver },
  ) {
    this.#group = group
    this.#committer = committer
    this.#journal = journal
    this.#attempts = attempts
    this.#remoteWrites = remoteWrites
    this.#rules = rules
    this.#observer = observer
    // There may be no caller that waits for it.
    this.#firstTold.promise.catch(() => {})
    void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#firstTold.reject(new StoreClosedError('The store was closed.'))
  }

  /**
   * Whether the primary has received what it lacked: from this process, and from all others, which could write as
   * early as this one. Before that, a missing record may still be waiting to be written again.
   */
  get isDone(): boolean {
    return this.#told === this.#group.failovers
  }

  /**
   * As {@link isDone}, as a number that changes with each failover; null while it is not done. A read that begins and
   * ends with the same number had no failover in between.
   */
  get doneAfter(): number | null {
    return this.isDone ? this.#told : null
  }

  /**
   * Whether the replay has ever finished. A process that started after a failover does not know which writes are
   * pending.
   */
  get wasDone(): boolean {
    return this.#told !== null
  }

  /** Resolves when the replay finishes for the first time. Rejects with `STORE_CLOSED` if the store is closed first. */
  get firstDone(): Promise<void> {
    return this.#firstTold.promise
  }

  /**
   * Writes the journal entries of earlier terms again, and also attempts of earlier terms. Returns the number of
   * records. The entries leave the journal when every node has them.
   */
  async replayJournal(): Promise<number> {
    const { term } = this.#group
    const [written] = await Promise.all([
      this.#writeAgain(this.#journal.fromBefore(term, performance.now()), true),
      this.#attempts.replay(term, WRITE_MS),
    ])
    return written
  }

  async #run(): Promise<void> {
    for (let { term } = this.#group; !this.#closed; ) {
      await this.#group.termOver(term)
      term = this.#group.term
      if (this.#group.primary !== null) await this.#replay(term)
    }
  }

  /** Retries until the replay has finished or another term begins. */
  async #replay(term: number): Promise<void> {
    const backoff = new Backoff(20, 500)
    while (!this.#closed && this.#group.term === term) {
      try {
        const own = await this.replayJournal()
        const heard = this.#rules['heard-writes'] ? await this.#replayHeard(term) : 0
        if (own + heard > 0) this.#observer.event?.({ type: 'journal-replayed', own, heard })
        void this.#noteWhenAllIsTold()
        return
      } catch {
        // The primary does not answer, or cannot acknowledge at this time. The status of the store shows both.
        await pause(backoff.next())
      }
    }
  }

  // INV-TOKENS-47: catch-up after a failover.
  async #noteWhenAllIsTold(): Promise<void> {
    const { failovers } = this.#group
    while (!this.#closed && this.#group.failovers === failovers && this.#told !== failovers) {
      try {
        const owed = !(await this.#nothingWasEverLost())
        if (owed) await this.#committer.merge([], new Deadline(WRITE_MS))
        if (owed) await pause(OTHERS_MS)
        if (this.#group.failovers !== failovers) return
        this.#told = failovers
        this.#firstTold.resolve()
      } catch {
        // No process can write at this time.
        await pause(jitter(SPREAD_MS))
      }
    }
  }

  /**
   * Whether no process can have anything to write again. Either the process of the primary started without data and
   * was never a replica: then it is the first primary of a new group and has not restarted since. Or there are no
   * replicas: then there is no guarantee if the Redis is lost.
   */
  async #nothingWasEverLost(): Promise<boolean> {
    if (this.#group.leastReplicas === 0) return true
    if (this.#group.primaryEpoch > 0) return false
    if (!this.#rules.restart) return true
    const primary = await this.#group.waitForPrimary(new Deadline(READ_MS))
    return BEGAN_EMPTY.test(String(await primary.read(['INFO', 'persistence'], READ_MS)))
  }

  async #replayHeard(term: number): Promise<number> {
    await pause(jitter(SPREAD_MS))
    let written = 0
    for (const chunk of chunksOf(this.#remoteWrites.pendingReplay(term), CHUNK)) {
      written += await this.#writeAgain(await this.#missing(chunk), false)
      if (this.#group.term !== term) throw new StoreUnavailableError('The primary has changed.')
      this.#remoteWrites.seen(chunk, term, performance.now())
    }
    return written
  }

  /** Returns the records that the primary lacks, or has only in an older state. */
  async #missing(heard: FeedRecord[]): Promise<MergeRequest[]> {
    const primary = await this.#group.waitForPrimary(new Deadline(READ_MS))
    const replies = await primary.read(['MGET', ...heard.map(({ key }) => key)], READ_MS)
    return heard.flatMap(({ key, subjectKey, record }, index) => {
      const bytes = Array.isArray(replies) ? replies[index] : null
      const stored = Buffer.isBuffer(bytes) ? decodeRecord(bytes) : null
      const isThere = stored !== null && covers(stored, record)
      const parsed = parseRecordKey(key)
      return isThere || parsed === null ? [] : [{ key: parsed, subject: parseSubjectKey(subjectKey), record }]
    })
  }

  /** Returns the number of records that were written. */
  async #writeAgain(requests: MergeRequest[], first: boolean): Promise<number> {
    for (const some of chunksOf(chunksOf(requests, CHUNK), UNITS_AT_ONCE)) {
      await Promise.all(some.map((chunk) => this.#writeChunk(chunk, first)))
    }
    return requests.length
  }

  async #writeChunk(chunk: MergeRequest[], first: boolean): Promise<void> {
    // These records were acknowledged before, so they are also written when memory is full.
    const options = { first, whenFull: 'write' as const }
    const done = await this.#committer.merge(chunk, new Deadline(WRITE_MS), options)
    this.#journal.settle(asStored(chunk, done), done, performance.now())
    const stored = chunk.map(({ record }, index) => readMerged(record, done.replies[index] ?? null))
    const longer = longerTombstones(chunk, stored)
    if (longer.length > 0) await this.#committer.merge(longer, new Deadline(WRITE_MS), options)
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function parseSubjectKey(key: string | null) {
  return key === null ? null : { key, tag: key.slice(4, key.indexOf('}')) }
}
