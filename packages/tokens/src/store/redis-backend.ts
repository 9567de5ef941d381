import { Deadline } from '../deadline.ts'
import { StoreClosedError, StoreFullError, StoreUnavailableError } from '../errors.ts'
import { endsAtMs, type TokenRecord } from '../record/record.ts'
import { type GroupOptions, ReplicaGroup } from '../redis/group.ts'
import type { GroupLogin } from '../redis/login.ts'
import { MARK_KEY, type Node } from '../redis/node.ts'
import type { RecordKey, SubjectKey } from '../token/digest.ts'
import type { GiveBackRequest, Taken, TakeRequest } from './attempt-requests.ts'
import type {
  Answer,
  Backend,
  MergeRequest,
  ReadAnswer,
  Rotated,
  RotateRequest,
  StoredRecord,
} from './backend.ts'
import { EpochBarrier } from './barrier.ts'
import { Heartbeat } from './beat.ts'
import { countsIn, type Known, NearCache, NO_GENERATION } from './cache.ts'
import { chunksOf, mapAbreast } from './chunks.ts'
import { ClockCheck, type SessionClock, UNCHECKED_CLOCK } from './clock-check.ts'
import {
  asStored,
  joinLists,
  listOnNode,
  longerTombstones,
  readMerged,
  readRecord,
  readReplacements,
  readRotated,
  rotateCommand,
} from './commands.ts'
import { Committer } from './commit.ts'
import { Feed, type FeedRecord } from './feed.ts'
import { handOver } from './hand-over.ts'
import { HeardWrites } from './heard-writes.ts'
import { type Instant, readInstant } from './instant.ts'
import { createRecordJournal, type Journal, type RoomLimits } from './journal.ts'
import { Lease } from './lease.ts'
import type { StoreObserver } from './observer.ts'
import { Reader } from './read.ts'
import { RedisAttempts } from './redis-attempts.ts'
import { Replayer } from './replay.ts'
import type { SafetyRule } from './rules.ts'
import { Settling } from './settle.ts'
import { SettledNews } from './settled-news.ts'
import { warnWithoutAof } from './standalone-warnings.ts'
import type { StoreStatus } from './store.ts'
import { Sweeper } from './sweep.ts'
import { type Committed, PrimaryReplacedError, type WhenFull } from './unit.ts'

export interface RedisBackendOptions extends Omit<GroupOptions, 'onFailover'> {
  hedgeMs: number
  leaseMs: number
  maxQueuedWrites: number
  maxWaitingReads: number
  maxJournalEntries: number
  maxCachedRecords: number
  observer: StoreObserver
  /** For tests only. */
  rulesOff?: ReadonlySet<SafetyRule>
}

/** After so long a new primary has been told what it lacked; then what it does not know is unknown. */
const REPLAY_LASTS_MS = 30_000
const LOOK_AGAIN_MS = 20
/** How long a store that is closed waits for its replicas. */
const CLOSE_MS = 2000
const LIST_AGAIN_MS = 100
/** Most records in one unit of writes, and most units of one call at once: the primary is busy with them for some ms. */
const MOST_IN_UNIT = 100
const UNITS_ABREAST = 4
const UNSURE = 'The new primary may not have been told yet of all that was acknowledged before the failover.'
const UNSETTLED = 'The session is being ended, and a failover may undo that: too few nodes know of it yet.'

/** Records in a replica group of Redis that Sentinels watch, or in one Redis. */
export class RedisBackend implements Backend {
  readonly #group: ReplicaGroup
  readonly #standalone: boolean
  readonly clock: SessionClock
  readonly #clockCheck: ClockCheck
  readonly #barrier: EpochBarrier
  readonly #committer: Committer
  readonly #reader: Reader
  readonly #settling: Settling
  readonly #settledNews: SettledNews
  readonly #lease: Lease
  readonly #feed: Feed
  readonly #heartbeat: Heartbeat
  readonly #cache: NearCache
  readonly #journal: Journal<MergeRequest>
  readonly #attempts: RedisAttempts
  readonly #heardWrites: HeardWrites
  readonly #replayer: Replayer
  readonly #sweeper: Sweeper
  readonly #rulesOff: ReadonlySet<SafetyRule>
  readonly #observer: StoreObserver
  #closed: Promise<void> | null = null

  constructor(options: RedisBackendOptions) {
    this.#rulesOff = options.rulesOff ?? new Set()
    this.#observer = options.observer
    this.#standalone = options.standalone !== undefined
    this.#group = new ReplicaGroup({
      ...options,
      rulesOff: this.#rulesOff,
      ignoreRestarts: this.#rulesOff.has('restart'),
      onFailover: (from, to) => options.observer.event?.({ type: 'failover', from, to }),
    })
    this.clock = this.#rulesOff.has('checked-clock') ? UNCHECKED_CLOCK : this.#group.clock
    this.#clockCheck = new ClockCheck(this.#group, this.clock)
    const barrier = new EpochBarrier(this.#group, {
      primaryName: options.primaryName,
      observer: options.observer,
      rulesOff: this.#rulesOff,
    })
    this.#barrier = barrier
    void barrier.run()
    this.#settling = new Settling(this.#group, {
      barrier,
      holdsTombstone: (node, key, timeoutMs) => this.#holdsTombstone(node, key, timeoutMs),
    })
    this.#settledNews = new SettledNews(this.#group)
    this.#committer = new Committer(this.#group, barrier, {
      maxQueued: options.maxQueuedWrites,
      onComplete: (term) => this.#confirmTerm(term),
      observer: options.observer,
      rulesOff: this.#rulesOff,
    })
    this.#heardWrites = new HeardWrites({ keepUntilConfirmed: !this.#rulesOff.has('retention') })
    this.#journal = createRecordJournal(options.maxJournalEntries)
    this.#attempts = new RedisAttempts(this.#committer, options.maxJournalEntries)
    this.#cache = new NearCache(options.maxCachedRecords)
    this.#lease = new Lease(options.leaseMs, this.#rulesOff)
    this.#heartbeat = new Heartbeat(this.#lease, options.leaseMs, options.observer)
    this.#feed = new Feed(this.#group, {
      beatChannel: this.#heartbeat.channel,
      onRecord: (message) => this.#hear(message),
      onSettled: (key) => this.#cache.settle(key),
      onBeat: (beat) => this.#heartbeat.hear(beat),
      onUnreadable: () => options.observer.event?.({ type: 'feed-unreadable' }),
      onChange: () => this.#lease.end(),
    })
    this.#reader = new Reader(this.#group, {
      hedgeMs: options.hedgeMs,
      maxWaiting: options.maxWaitingReads,
      leaseIsValid: () => this.#holdsLease(),
      rulesOff: this.#rulesOff,
    })
    void this.#heartbeat.run(this.#feed, this.#committer, (sentAtMs, generation, term) => {
      this.#settling.confirmed(sentAtMs, generation)
      this.#heardWrites.confirmed(term, sentAtMs)
    })
    this.#replayer = new Replayer(
      this.#group,
      this.#committer,
      { journal: this.#journal, attempts: this.#attempts, heardWrites: this.#heardWrites },
      { rulesOff: this.#rulesOff, observer: options.observer },
    )
    this.#sweeper = new Sweeper(this.#group, options.observer)
  }

  requireClock(deadline: Deadline): Promise<void> {
    return this.#clockCheck.require(deadline)
  }

  compareClocks(): Promise<void> {
    return this.#clockCheck.compareAgain()
  }

  peek({ key }: RecordKey): Known | null {
    return this.#cache.get(key)
  }

  mayReturn(): boolean {
    return performance.now() - this.#group.termBeganMs < REPLAY_LASTS_MS
  }

  countsNow(known: Known, now: Instant = readInstant()): boolean {
    const trusted = known.record.state === 'revoked' && this.#rulesOff.has('settle')
    return trusted || countsIn(known, this.#holdsLease(now) ? this.#feed.generation : null)
  }

  async read(
    { key }: RecordKey,
    deadline: Deadline,
    { unsettled = false }: { unsettled?: boolean } = {},
  ): Promise<ReadAnswer> {
    const { generation } = this.#feed
    const { forgottenTombstones } = this.#cache
    let answer = await this.#reader.readRecord(key, deadline)
    while (answer.known && !this.#isSure(key, answer.value)) {
      if (deadline.isOver) return { known: false, error: new StoreUnavailableError(UNSURE) }
      await deadline.pause(LOOK_AGAIN_MS)
      answer = await this.#reader.readRecord(key, deadline)
    }
    if (!answer.known) return answer
    const path = answer.fromPrimary === true ? 'primary' : 'quorum'
    if (answer.value === null) return { known: true, value: null, path }
    // What a majority said may be older than what the feed began with: it is true now, and not kept as live.
    const complete =
      answer.fromPrimary === true &&
      generation !== null &&
      generation === this.#feed.generation &&
      forgottenTombstones === this.#cache.forgottenTombstones
    const known = this.#cache.learn(key, answer.value, complete ? generation : NO_GENERATION)
    const isSure =
      known.record.state === 'live' ||
      unsettled ||
      this.#rulesOff.has('settle') ||
      (await this.#settling.settle(key, known, deadline))
    return isSure
      ? { known: true, value: known.record, path }
      : { known: false, error: new StoreUnavailableError(UNSETTLED) }
  }

  /** In units, so that each is acknowledged in time however many there are, and other writes go on between them. */
  async merge(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]> {
    const stored = await mapAbreast(chunksOf(requests, MOST_IN_UNIT), UNITS_ABREAST, (some) =>
      this.#mergeUnit(some, deadline),
    )
    return stored.flat()
  }

  async rotate(request: RotateRequest, deadline: Deadline): Promise<Rotated> {
    const requests = [request.fresh, request.old]
    if (this.#rulesOff.has('rotate')) {
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
    for (const { key, record } of stored) this.#learnWritten(key.key, record)
    return rotated
  }

  async onOnePrimary<T>(work: () => Promise<T>, deadline: Deadline): Promise<T> {
    for (;;) {
      const failovers = await this.#untilTold(deadline)
      const value = await work()
      if (failovers === this.#group.failovers || this.#rulesOff.has('rotate')) return value
    }
  }

  async take(request: TakeRequest, deadline: Deadline): Promise<Taken> {
    const { term } = this.#group
    if (this.#closed !== null) throw new StoreClosedError('The store was closed.')
    const taken = await this.#attempts.take(request, deadline, this.#roomLimits())
    if (this.#rulesOff.has('retention')) {
      this.#attempts.forgetBefore(performance.now() - this.#group.promotableMs)
    }
    // The primary has changed meanwhile: its replay may not have seen this one.
    if (this.#group.term !== term) this.#replayer.replayJournal().catch(() => {})
    return taken
  }

  giveBack(request: GiveBackRequest, deadline: Deadline): Promise<void> {
    return this.#attempts.giveBack(request, deadline)
  }

  /** That there are no more is told only when the primary has been told all that it may lack. */
  async list(subject: SubjectKey, deadline: Deadline): Promise<Answer<StoredRecord[]>> {
    const isTold = () => this.#replayer.isDone || this.#rulesOff.has('unknown')
    for (;;) {
      const wasTold = isTold()
      const answer = await this.#readList(subject, deadline)
      if (!answer.known || (wasTold && isTold())) return answer
      if (deadline.isOver) return { known: false, error: new StoreUnavailableError(UNSURE) }
      await deadline.pause(LIST_AGAIN_MS)
    }
  }

  #readList(subject: SubjectKey, deadline: Deadline): Promise<Answer<StoredRecord[]>> {
    return this.#reader.ask(
      {
        ask: (node, timeoutMs) => listOnNode(node, subject, timeoutMs),
        // It may lack a session that a newer primary has.
        primaryIsEnough: () => false,
        join: joinLists,
      },
      deadline,
    )
  }

  renew(login: GroupLogin, deadline: Deadline): Promise<void> {
    return this.#group.renew(login, deadline)
  }

  status(): StoreStatus {
    const { primary, nodes, sentinels } = this.#group
    const up = nodes.filter((node) => node.isUp).length
    const knows = this.#knowsWhatIsOwed()
    const clockProblem = this.clock.problem
    return {
      writable: primary !== null && clockProblem === null,
      readable: knows && clockProblem === null && (primary !== null || up >= this.#group.readQuorum),
      primary: primary?.address ?? null,
      problem: this.#group.problem() ?? clockProblem ?? (knows ? null : UNSURE),
      leaseRemainingMs: this.#lease.remainingMs(readInstant()),
      leaseAgeMs: this.#lease.ageMs(readInstant()),
      journalEntries: this.#journal.size,
      cachedRecords: this.#cache.size,
      waitingWrites: this.#committer.size,
      waitingReads: this.#reader.size,
      nodes: nodes.map((node) => ({
        address: node.address,
        role: node === primary ? 'primary' : node.view === null ? 'unknown' : 'replica',
        up: node.isUp,
      })),
      sentinels: sentinels.map(({ address, isUp }) => ({ address, up: isUp })),
    }
  }

  async ready(deadline: Deadline): Promise<void> {
    while (this.#group.primary === null) {
      const mistake = this.#group.misconfiguration()
      if (mistake !== null) throw mistake
      await this.#group.waitForChange(deadline)
    }
    await this.requireClock(deadline)
    // No write at all, acknowledged like any.
    await this.#committer.write([], deadline)
    if (!(await deadline.race(this.#replayer.firstDone))) throw new StoreUnavailableError(UNSURE)
    if (this.#standalone) await warnWithoutAof(this.#group.primary)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    if (!this.#rulesOff.has('retention')) {
      await handOver(this.#group, new Deadline(CLOSE_MS), {
        missing: () => ({
          own: this.#journal.size + this.#attempts.size,
          heard: this.#heardWrites.unconfirmed,
        }),
        onConfirmed: (term, sentAtMs) => {
          this.#confirmTerm(term)
          this.#heardWrites.confirmed(term, sentAtMs)
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

  async #mergeUnit(requests: MergeRequest[], deadline: Deadline): Promise<TokenRecord[]> {
    this.#assertMayWrite(requests.length)
    const committed = await this.#write(requests, deadline, 'refuse').catch((error: unknown) => {
      const isOfStored = error instanceof StoreFullError && requests.every((request) => request.changesStored)
      if (!isOfStored) throw error
      return this.#write(requests, deadline, 'stored')
    })
    const replaced = readReplacements(requests, committed.replies)
    this.#keepUntilComplete([...asStored(requests, committed), ...replaced], committed)
    for (const { key, record } of replaced) this.#learnWritten(key.key, record)
    const merged = requests.map(({ key, record }, index) => {
      const stored = readMerged(record, committed.replies[index] ?? null)
      const known = this.#learnWritten(key.key, stored)
      // Not what is known by now: the feed may have brought somebody's next update already, and then a caller whose
      // own was made would take it for lost, and make it again.
      return known.record.state === 'revoked' ? known.record : stored
    })
    const longer = longerTombstones(requests, merged)
    if (longer.length > 0) await this.merge(longer, deadline)
    return merged
  }

  /** The guard of an update is worth nothing on a primary that lacks acknowledged updates. */
  #write(requests: MergeRequest[], deadline: Deadline, whenFull: WhenFull): Promise<Committed> {
    const isGuarded = requests.some(({ ifVersion }) => ifVersion !== undefined)
    return isGuarded
      ? this.#onCaughtUpPrimary(deadline, (mayTry) =>
          this.#committer.write(requests, deadline, { whenFull, mayTry }),
        )
      : this.#committer.write(requests, deadline, { whenFull })
  }

  /** Another primary could store the new session although the old one was revoked. */
  async #commitRotation(request: RotateRequest, deadline: Deadline): Promise<Committed> {
    const commit = (onlyAgain: boolean) =>
      this.#onCaughtUpPrimary(deadline, (mayTry) =>
        this.#committer.call(rotateCommand(request, onlyAgain), deadline, { mayTry }),
      )
    return commit(false).catch((error: unknown) => {
      // An earlier try may have been made before memory was full, without having been acknowledged.
      if (error instanceof StoreFullError) return commit(true)
      throw error
    })
  }

  /** Sends on a primary that has received all that its predecessors acknowledged; to the next one only when that has, too. */
  async #onCaughtUpPrimary(
    deadline: Deadline,
    send: (mayTry: () => boolean) => Promise<Committed>,
  ): Promise<Committed> {
    for (;;) {
      const failovers = await this.#untilTold(deadline)
      try {
        return await send(() => this.#group.failovers === failovers)
      } catch (error) {
        if (!(error instanceof PrimaryReplacedError)) throw error
      }
    }
  }

  /** Throws `STORE_CLOSED` and `STORE_OVERLOADED`. */
  #assertMayWrite(count: number): void {
    if (this.#closed !== null) throw new StoreClosedError('The store was closed.')
    this.#journal.assertRoom(count, this.#roomLimits())
  }

  /** Waits until the primary has received all that it may lack; answers how many failovers there had been then. */
  async #untilTold(deadline: Deadline): Promise<number> {
    while (!this.#replayer.isDone && !this.#rulesOff.has('unknown')) {
      if (this.#closed !== null) throw new StoreClosedError('The store was closed.')
      if (deadline.isOver) throw new StoreUnavailableError(UNSURE)
      await deadline.pause(LIST_AGAIN_MS)
    }
    return this.#group.failovers
  }

  /** Whether what the nodes say of a key cannot change by what a new primary may be about to be told of it. */
  #isSure(key: string, record: TokenRecord | null): boolean {
    if (record !== null) return record.state === 'revoked' || this.#knowsWhatIsOwed()
    const known = this.#cache.get(key)
    if (known === null) return this.#replayer.isDone || this.#rulesOff.has('unknown')
    const isLive = known.record.state === 'live' && !(this.clock.nowMs() >= endsAtMs(known.record))
    return !isLive || !this.mayReturn()
  }

  /** Not so in a process that came after a failover: a log-out that it has not heard of may be written again. */
  #knowsWhatIsOwed(): boolean {
    return this.#replayer.wasDone || this.#rulesOff.has('unknown')
  }

  async #holdsTombstone(node: Node, key: string, timeoutMs: number): Promise<boolean> {
    const replies = await node.read(['MGET', key, MARK_KEY], timeoutMs)
    const [bytes, mark] = Array.isArray(replies) ? replies : []
    const isOurs = this.#group.isOurs(Buffer.isBuffer(mark) ? mark.toString() : null)
    return isOurs && readRecord(node, bytes ?? null)?.state === 'revoked'
  }

  #holdsLease(now: Instant = readInstant()): boolean {
    return (this.#lease.isValid(now) && this.#knowsWhatIsOwed()) || this.#rulesOff.has('lease')
  }

  #hear(message: FeedRecord): void {
    const generation = this.#feed.generation ?? NO_GENERATION
    const nowMs = performance.now()
    const known = this.#cache.learn(message.key, message.record, generation)
    if (known.record.state === 'revoked' && !known.settled) this.#settling.heard(known, nowMs, generation)
    this.#heardWrites.add(message, this.#feed.term, nowMs)
  }

  /** A record that was acknowledged just now. */
  #learnWritten(key: string, record: TokenRecord): Known {
    const known = this.#cache.learn(key, record, NO_GENERATION)
    if (record.state === 'revoked') {
      known.settled = true
      this.#settledNews.tell(key)
    }
    return known
  }

  #confirmTerm(term: number): void {
    this.#journal.confirmTerm(term)
    this.#attempts.confirmTerm(term)
  }

  #roomLimits(): RoomLimits {
    return { nowMs: performance.now(), promotableMs: this.#group.promotableMs }
  }

  /** A replica that lacks these may be promoted: they are kept until all have them. */
  #keepUntilComplete(stored: MergeRequest[], committed: Committed): void {
    if (this.#rulesOff.has('journal')) return
    const nowMs = performance.now()
    // Without the feed it is not heard, and a primary that loses power may lack even what every node has.
    if (this.#feed.generation === null || this.#feed.term !== committed.term) {
      for (const { key, subject, record } of stored) {
        const message = { key: key.key, subjectKey: subject?.key ?? null, record }
        this.#heardWrites.add(message, committed.term, nowMs)
      }
    }
    this.#journal.settle(stored, committed, nowMs)
    if (this.#rulesOff.has('retention')) this.#journal.forgetBefore(nowMs - this.#group.promotableMs)
    // The primary has changed between the acknowledgement and now: its replay did not see these.
    if (this.#group.term !== committed.term) this.#replayer.replayJournal().catch(() => {})
  }
}
