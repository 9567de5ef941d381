import { Deadline } from '../deadline.ts'
import { StoreClosedError } from '../errors.ts'
import { decodeRecord, encodeRecord } from '../record/codec.ts'
import { merge } from '../record/merge.ts'
import { Backoff, jitter } from '../redis/backoff.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import { parseRecordKey } from '../token/digest.ts'
import type { MergeRequest } from './backend.ts'
import { longerTombstones, readMerged } from './commands.ts'
import type { Committer } from './commit.ts'
import type { FeedRecord } from './feed.ts'
import type { HeardWrites } from './heard-writes.ts'
import type { Journal } from './journal.ts'
import type { StoreObserver } from './observer.ts'
import type { RedisAttempts } from './redis-attempts.ts'
import type { SafetyRule } from './rules.ts'

/** Most records in one unit of writes, and in one question. */
const CHUNK = 100
/** Most heard writes that wait to be written again. */
const MOST_OWED = 100_000
const READ_MS = 1000
const WRITE_MS = 10_000
/** Processes that heard the same writes do not all look at once. */
const SPREAD_MS = 200
/** How long after this process was able to write on a new primary every other one has written what it owed. */
const OTHERS_MS = 2000

/**
 * After each change of primary, writes again what the new one may lack: first this process's own journal, ahead
 * of everything that waits; then, of what was heard on the feed, what is missing there, because the process
 * that wrote it may have died together with the old primary.
 */
export class Replayer {
  readonly #group: ReplicaGroup
  readonly #committer: Committer
  readonly #journal: Journal<MergeRequest>
  readonly #attempts: RedisAttempts
  readonly #heardWrites: HeardWrites
  readonly #rulesOff: ReadonlySet<SafetyRule>
  readonly #observer: StoreObserver
  /** What was heard before a failover and is not yet known to be on the primary that followed, by key. */
  readonly #owed = new Map<string, FeedRecord>()
  /** How many failovers there had been when a primary was last known to have been told everything. */
  #told: number | null = null
  readonly #firstTold = Promise.withResolvers<void>()
  #closed = false

  constructor(
    group: ReplicaGroup,
    committer: Committer,
    {
      journal,
      attempts,
      heardWrites,
    }: { journal: Journal<MergeRequest>; attempts: RedisAttempts; heardWrites: HeardWrites },
    { rulesOff, observer }: { rulesOff: ReadonlySet<SafetyRule>; observer: StoreObserver },
  ) {
    this.#group = group
    this.#committer = committer
    this.#journal = journal
    this.#attempts = attempts
    this.#heardWrites = heardWrites
    this.#rulesOff = rulesOff
    this.#observer = observer
    // Nobody may be waiting for it.
    this.#firstTold.promise.catch(() => {})
    void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#firstTold.reject(new StoreClosedError('The store was closed.'))
  }

  /**
   * Whether the primary has been told what it lacked: by this process, and by all others, which could write since
   * this one could. A record that is nowhere to be read before that may only not have been written again yet.
   */
  get isDone(): boolean {
    return this.#told === this.#group.failovers
  }

  /** Whether it was ever done. A process that has come after a failover has heard nothing of what is owed. */
  get wasDone(): boolean {
    return this.#told !== null
  }

  /** Resolves when it is done for the first time. Rejects with `STORE_CLOSED` when it is closed before. */
  get firstDone(): Promise<void> {
    return this.#firstTold.promise
  }

  /**
   * Writes the journal's entries of earlier terms again, and answers how many; they leave it when every node has them.
   * Attempts of earlier terms, too.
   */
  async replayJournal(): Promise<number> {
    const { term } = this.#group
    const [written] = await Promise.all([
      this.#writeAgain(this.#journal.fromBefore(term), true),
      this.#attempts.replay(term, new Deadline(WRITE_MS)),
    ])
    return written
  }

  async #run(): Promise<void> {
    for (let { term } = this.#group; !this.#closed; ) {
      await this.#group.termOver(term)
      // Now: what is written again will be heard, too, and would push out what was heard before the failover.
      this.#owe(this.#heardWrites.recent())
      term = this.#group.term
      if (this.#group.primary !== null) await this.#replay(term)
    }
  }

  /** Tries until it is done, or until yet another term begins. */
  async #replay(term: number): Promise<void> {
    const backoff = new Backoff(20, 500)
    while (!this.#closed && this.#group.term === term) {
      try {
        const own = await this.replayJournal()
        const heard = this.#rulesOff.has('heard-writes') ? 0 : await this.#replayHeard()
        if (own + heard > 0) this.#observer.event?.({ type: 'journal-replayed', own, heard })
        void this.#noteWhenAllIsTold()
        return
      } catch {
        // The primary does not answer, or cannot acknowledge yet: both show in the store's status.
        await pause(backoff.next())
      }
    }
  }

  async #noteWhenAllIsTold(): Promise<void> {
    const { failovers } = this.#group
    while (!this.#closed && this.#group.failovers === failovers && this.#told !== failovers) {
      try {
        // Without any failover since the Sentinels know this group nobody owes anything.
        const owed = this.#group.primaryEpoch > 0
        if (owed) await this.#committer.write([], new Deadline(WRITE_MS))
        if (owed) await pause(OTHERS_MS)
        if (this.#group.failovers !== failovers) return
        this.#told = failovers
        this.#firstTold.resolve()
      } catch {
        // Nobody can write yet.
        await pause(jitter(SPREAD_MS))
      }
    }
  }

  #owe(heard: FeedRecord[]): void {
    for (const message of heard) {
      const owed = this.#owed.get(message.key)
      const record = owed === undefined ? message.record : merge(owed.record, message.record)
      const subjectKey = message.subjectKey ?? owed?.subjectKey ?? null
      this.#owed.set(message.key, { key: message.key, subjectKey, record })
    }
    for (const oldest of this.#owed.keys()) {
      if (this.#owed.size <= MOST_OWED) break
      this.#owed.delete(oldest)
    }
  }

  async #replayHeard(): Promise<number> {
    await pause(jitter(SPREAD_MS))
    let written = 0
    for (const chunk of chunks([...this.#owed.values()])) {
      written += await this.#writeAgain(await this.#missing(chunk), false)
      for (const { key } of chunk) this.#owed.delete(key)
    }
    return written
  }

  /** Which of some records the primary lacks, or knows only an older state of. */
  async #missing(heard: FeedRecord[]): Promise<MergeRequest[]> {
    const primary = await this.#group.waitForPrimary(new Deadline(READ_MS))
    const replies = await primary.read(['MGET', ...heard.map(({ key }) => key)], READ_MS)
    return heard.flatMap(({ key, subjectKey, record }, index) => {
      const bytes = Array.isArray(replies) ? replies[index] : null
      const stored = Buffer.isBuffer(bytes) ? decodeRecord(bytes) : null
      const isThere = stored !== null && encodeRecord(merge(stored, record)).equals(encodeRecord(stored))
      const parsed = parseRecordKey(key)
      return isThere || parsed === null ? [] : [{ key: parsed, subject: parseSubjectKey(subjectKey), record }]
    })
  }

  /** How many records were written. */
  async #writeAgain(requests: MergeRequest[], first: boolean): Promise<number> {
    const committed = chunks(requests).map(async (chunk) => {
      // Written before: what was acknowledged is not refused because memory is full.
      const options = { first, whenFull: 'write' as const }
      const done = await this.#committer.write(chunk, new Deadline(WRITE_MS), options)
      this.#journal.settle(chunk, done, performance.now())
      const stored = chunk.map(({ record }, index) => readMerged(record, done.replies[index] ?? null))
      const longer = longerTombstones(chunk, stored)
      if (longer.length > 0) await this.#committer.write(longer, new Deadline(WRITE_MS), options)
    })
    await Promise.all(committed)
    return requests.length
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

function chunks<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / CHUNK) }, (_, index) =>
    all.slice(index * CHUNK, (index + 1) * CHUNK),
  )
}

function parseSubjectKey(key: string | null) {
  return key === null ? null : { key, tag: key.slice(4, key.indexOf('}')) }
}
