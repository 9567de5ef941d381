import { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreUnavailableError } from '../../errors.ts'
import type { TokenRecord } from '../../record/record.ts'
import { type GroupOptions, ReplicaGroup } from '../../redis/group.ts'
import type { GroupLogin } from '../../redis/login.ts'
import { ALL_RULES, type SafetyPolicy } from '../../safety-policy.ts'
import type { RecordKey, SubjectKey } from '../../token/digest.ts'
import type { StoreObserver } from '../api/observer.ts'
import type { StoreStatus } from '../api/status.ts'
import { RedisAttempts } from '../attempts/redis-attempts.ts'
import type { GiveBackRequest, Taken, TakeRequest } from '../attempts/requests.ts'
import { TombstoneDurability } from '../cache/durability.ts'
import { Lease } from '../cache/lease.ts'
import { type CacheEntry, NearCache } from '../cache/near-cache.ts'
import { ClockCheck, type SessionClock, UNCHECKED_CLOCK } from '../clocks/clock-check.ts'
import { type Instant, readInstant } from '../clocks/instant.ts'
import { EpochBarrier } from '../commit/barrier.ts'
import { Committer } from '../commit/committer.ts'
import type { MergeRequest, Rotated, RotateRequest } from '../commit/requests.ts'
import { requireCommands } from '../commit/required-commands.ts'
import { DurabilityAnnouncer } from '../feed/durability-announcer.ts'
import { Feed, type FeedRecord } from '../feed/feed.ts'
import { Heartbeat } from '../feed/heartbeat.ts'
import { handOver } from '../journal/hand-over.ts'
import { createRecordJournal, type Journal } from '../journal/journal.ts'
import { RecentRemoteWrites } from '../journal/recent-remote-writes.ts'
import { RecordWriter } from '../journal/record-writer.ts'
import { NOT_CAUGHT_UP, Replayer } from '../journal/replay.ts'
import type { Answer, ReadAnswer, StoredRecord } from '../read/answers.ts'
import { ConclusiveReads } from '../read/conclusive-reads.ts'
import { holdsTombstone, tombstoneInFeedOrder } from '../read/node-queries.ts'
import { Reader } from '../read/reader.ts'
import type { Backend } from '../session/backend.ts'
import { warnWithoutAof } from './standalone-warnings.ts'
import { describeStatus } from './status.ts'
import { Sweeper } from './sweep.ts'

export interface RedisBackendOptions extends Omit<GroupOptions, 'onFailover'> {
  hedgeMs: number
  leaseMs: number
  maxQueuedWrites: number
  maxWaitingReads: number
  maxJournalEntries: number
  maxCachedRecords: number
  observer: StoreObserver
}

/** After this time, a new primary has received what it lacked, and a token that it does not know is unknown. */
const REPLAY_LASTS_MS = 30_000
/** How long a closing store waits for its replicas. */
const CLOSE_MS = 2000

/**
 * Stores records in a replica group that Sentinels watch, or in a single Redis. It assembles the parts and lets them
 * report to each other; what a write or a read needs is decided in their folders.
 */
export class RedisBackend implements Backend {
  readonly #group: ReplicaGroup
  readonly #standalone: boolean
  readonly clock: SessionClock
  readonly #clockCheck: ClockCheck
  readonly #barrier: EpochBarrier
  readonly #committer: Committer
  readonly #reader: Reader
  readonly #durability: TombstoneDurability
  readonly #durabilityAnnouncer: DurabilityAnnouncer
  readonly #lease: Lease
  readonly #feed: Feed
  readonly #heartbeat: Heartbeat
  readonly #cache: NearCache
  readonly #journal: Journal<MergeRequest>
  readonly #attempts: RedisAttempts
  readonly #remoteWrites: RecentRemoteWrites
  readonly #replayer: Replayer
  readonly #reads: ConclusiveReads
  readonly #writer: RecordWriter
  readonly #sweeper: Sweeper
  readonly #rules: SafetyPolicy
  readonly #observer: StoreObserver
  #closed: Promise<void> | null = null

  constructor(options: RedisBackendOptions) {
    this.#rules = options.rules ?? ALL_RULES
    this.#observer = options.observer
    this.#standalone = options.standalone !== undefined
    this.#group = new ReplicaGroup({
      ...options,
      rules: this.#rules,
      onFailover: (from, to) => options.observer.event?.({ type: 'failover', from, to }),
    })
    this.clock = this.#rules['checked-clock'] ? this.#group.clock : UNCHECKED_CLOCK
    this.#clockCheck = new ClockCheck(this.#group, this.clock)
    const barrier = new EpochBarrier(this.#group, {
      primaryName: options.primaryName,
      observer: options.observer,
      rules: this.#rules,
    })
    this.#barrier = barrier
    void barrier.run()
    this.#cache = new NearCache({
      maxEntries: options.maxCachedRecords,
      currentGeneration: (now) => (this.#holdsLease(now) ? this.#feed.generation : null),
      needsDurable: this.#rules.settle,
    })
    this.#durability = new TombstoneDurability(this.#group, {
      barrier,
      cache: this.#cache,
      holdsTombstone: (node, key, timeoutMs) => holdsTombstone(this.#group, node, key, timeoutMs),
      heldInFeedOrder: (key, timeoutMs) =>
        tombstoneInFeedOrder({ group: this.#group, feed: this.#feed }, key, timeoutMs),
    })
    this.#durabilityAnnouncer = new DurabilityAnnouncer(this.#group)
    this.#committer = new Committer(this.#group, barrier, {
      maxQueued: options.maxQueuedWrites,
      onComplete: (term) => this.#confirmTerm(term),
      observer: options.observer,
      rules: this.#rules,
    })
    this.#remoteWrites = new RecentRemoteWrites({ keepUntilConfirmed: this.#rules.retention })
    this.#journal = createRecordJournal(options.maxJournalEntries)
    this.#attempts = new RedisAttempts(this.#committer, options.maxJournalEntries)
    this.#lease = new Lease(options.leaseMs, this.#rules)
    this.#heartbeat = new Heartbeat(this.#lease, options.leaseMs, options.observer)
    this.#feed = new Feed(this.#group, {
      beatChannel: this.#heartbeat.channel,
      onRecord: (message) => this.#hear(message),
      onDurable: (key) => this.#cache.noteDurable(key),
      onBeat: (beat) => this.#heartbeat.hear(beat),
      onUnreadable: () => options.observer.event?.({ type: 'feed-unreadable' }),
      onChange: () => this.#lease.end(),
    })
    this.#reader = new Reader(this.#group, {
      hedgeMs: options.hedgeMs,
      maxWaiting: options.maxWaitingReads,
      leaseIsValid: () => this.#holdsLease(),
      rules: this.#rules,
    })
    void this.#heartbeat.run(this.#feed, this.#committer, (sentAtMs, generation, term) => {
      this.#durability.noteConfirmed(sentAtMs, generation)
      this.#remoteWrites.confirmed(term, sentAtMs)
    })
    this.#replayer = new Replayer(
      this.#group,
      this.#committer,
      { journal: this.#journal, attempts: this.#attempts, remoteWrites: this.#remoteWrites },
      { rules: this.#rules, observer: options.observer },
    )
    this.#reads = new ConclusiveReads({
      reader: this.#reader,
      cache: this.#cache,
      durability: this.#durability,
      feed: this.#feed,
      replayer: this.#replayer,
      clock: this.clock,
      mayReappear: () => this.mayReappear(),
      rules: this.#rules,
    })
    this.#writer = new RecordWriter(this.#group, {
      committer: this.#committer,
      journal: this.#journal,
      remoteWrites: this.#remoteWrites,
      feed: this.#feed,
      replayer: this.#replayer,
      onWritten: (key, record) => this.#cacheWritten(key, record),
      rules: this.#rules,
    })
    this.#sweeper = new Sweeper(this.#group, options.observer)
  }

  requireClock(deadline: Deadline): Promise<void> {
    return this.#clockCheck.require(deadline)
  }

  compareClocks(): Promise<void> {
    return this.#clockCheck.compareAgain()
  }

  recall({ key }: RecordKey, now: Instant): CacheEntry | null {
    return this.#cache.recall(key, now)
  }

  mayReappear(): boolean {
    return performance.now() - this.#group.termBeganMs < REPLAY_LASTS_MS
  }

  read(
    { key }: RecordKey,
    deadline: Deadline,
    { unsettled = false }: { unsettled?: boolean } = {},
  ): Promise<ReadAnswer> {
    return this.#reads.read(key, deadline, unsettled)
  }

  isDurable({ key }: RecordKey, deadline: Deadline): Promise<boolean> {
    return this.#durability.isDurable(key, deadline)
  }

  merge(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]> {
    return this.#writer.merge(requests, deadline)
  }

  rotate(request: RotateRequest, deadline: Deadline): Promise<Rotated> {
    return this.#writer.rotate(request, deadline)
  }

  onOnePrimary<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
    return this.#writer.onOnePrimary(work, deadline)
  }

  async take(request: TakeRequest, deadline: Deadline): Promise<Taken> {
    const { term } = this.#group
    if (this.#closed !== null) throw new StoreClosedError('The store was closed.')
    const taken = await this.#attempts.take(request, deadline, {
      nowMs: performance.now(),
      promotableMs: this.#group.promotableMs,
    })
    if (!this.#rules.retention) {
      this.#attempts.forgetBefore(performance.now() - this.#group.promotableMs)
    }
    // The primary has changed meanwhile, and its replay may have missed this attempt.
    if (this.#group.term !== term) this.#replayer.replayJournal().catch(() => {})
    return taken
  }

  giveBack(request: GiveBackRequest, deadline: Deadline): Promise<void> {
    return this.#attempts.giveBack(request, deadline)
  }

  list(subject: SubjectKey, deadline: Deadline): Promise<Answer<StoredRecord[]>> {
    return this.#reads.list(subject, deadline)
  }

  renew(login: GroupLogin, deadline: Deadline): Promise<void> {
    return this.#group.renew(login, deadline)
  }

  status(): StoreStatus {
    const now = readInstant()
    return describeStatus(this.#group, {
      clockProblem: this.clock.problem,
      hasCaughtUp: this.#reads.hasCaughtUp(),
      leaseRemainingMs: this.#lease.remainingMs(now),
      leaseAgeMs: this.#lease.ageMs(now),
      journalEntries: this.#journal.size,
      cachedRecords: this.#cache.size,
      waitingWrites: this.#committer.size,
      waitingReads: this.#reader.size,
    })
  }

  async ready(deadline: Deadline): Promise<void> {
    while (this.#group.primary === null) {
      const mistake = this.#group.misconfiguration()
      if (mistake !== null) throw mistake
      await this.#group.waitForChange(deadline)
    }
    if (this.#group.primary !== null) await requireCommands(this.#group.primary)
    await this.requireClock(deadline)
    // An empty write, acknowledged like any other.
    await this.#committer.merge([], deadline)
    if (!(await deadline.race(this.#replayer.firstDone))) throw new StoreUnavailableError(NOT_CAUGHT_UP)
    if (this.#standalone) await warnWithoutAof(this.#group.primary)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#writer.close()
    if (this.#rules.retention) {
      await handOver(this.#group, new Deadline(CLOSE_MS), {
        missing: () => ({
          own: this.#journal.size + this.#attempts.size,
          heard: this.#remoteWrites.unconfirmed,
        }),
        onConfirmed: (term, sentAtMs) => {
          this.#confirmTerm(term)
          this.#remoteWrites.confirmed(term, sentAtMs)
        },
        observer: this.#observer,
      })
    }
    this.#replayer.close()
    this.#sweeper.close()
    this.#barrier.close()
    this.#heartbeat.close()
    this.#feed.close()
    this.#committer.close()
    this.#group.close()
  }

  #holdsLease(now: Instant = readInstant()): boolean {
    return (this.#lease.isValid(now) && this.#reads.hasCaughtUp()) || !this.#rules.lease
  }

  #hear(message: FeedRecord): void {
    const { generation } = this.#feed
    const nowMs = performance.now()
    const known = this.#cache.noteSeen(message.key, message.record, generation)
    if (known.record.state === 'revoked' && generation !== null && !this.#cache.isDurable(message.key)) {
      this.#durability.noteHeard(message.key, nowMs, generation)
    }
    this.#remoteWrites.add(message, this.#feed.term, nowMs)
  }

  /** Caches a record that was just acknowledged. */
  #cacheWritten(key: string, record: TokenRecord): TokenRecord {
    const known = this.#cache.noteAcknowledged(key, record)
    if (record.state === 'revoked') this.#durabilityAnnouncer.tell(key)
    return known.record
  }

  #confirmTerm(term: number): void {
    this.#journal.confirmTerm(term)
    this.#attempts.confirmTerm(term)
  }
}
