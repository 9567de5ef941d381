import type { Deadline } from '../../deadline.ts'
import { StoreUnavailableError } from '../../errors.ts'
import { endsAtMs, type TokenRecord } from '../../record/record.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import type { SubjectKey } from '../../token/digest.ts'
import type { TombstoneDurability } from '../cache/durability.ts'
import type { NearCache } from '../cache/near-cache.ts'
import type { SessionClock } from '../clocks/clock-check.ts'
import type { Feed } from '../feed/feed.ts'
import { NOT_CAUGHT_UP, type Replayer } from '../journal/replay.ts'
import type { Answer, ReadAnswer, StoredRecord } from './answers.ts'
import { joinLists, joinStored, listOnNode, readRecords } from './node-queries.ts'
import type { Reader } from './reader.ts'

export interface ConclusiveReadsOptions {
  reader: Reader
  cache: NearCache
  durability: TombstoneDurability
  feed: Feed
  replayer: Replayer
  clock: SessionClock
  /** Whether a process may still write a missing record again after a failover. */
  mayReappear: () => boolean
  rules: SafetyPolicy
}

/** The state of the replay when a read began. */
interface CatchUp {
  /** Whether this process has ever caught up. */
  ever: boolean
  /** See {@link Replayer.doneAfter}. */
  after: number | null
}

const POLL_INTERVAL_MS = 20
const LIST_POLL_MS = 100
const UNSETTLED = 'The session is being ended, and a failover may undo that: too few nodes know of it yet.'

/**
 * Decides when an answer of the nodes is final. A new primary may still lack acknowledged writes, and a tombstone may
 * be on a node that is about to be replaced. Until neither can change the answer, a read asks again.
 */
export class ConclusiveReads {
  readonly #options: ConclusiveReadsOptions

  constructor(options: ConclusiveReadsOptions) {
    this.#options = options
  }

  /**
   * Reads the record under a key. A returned tombstone is durable, unless `unsettled` allows one that is not. Throws
   * only `STORE_CLOSED`.
   */
  async read(key: string, deadline: Deadline, unsettled: boolean): Promise<ReadAnswer> {
    const { cache, durability, feed, reader, rules } = this.#options
    const { generation } = feed
    const { forgottenTombstones } = cache
    let before = this.#catchUp()
    let answer = await reader.readRecord(key, deadline)
    while (answer.known && !this.#isConclusive(key, answer.value, before)) {
      if (deadline.isOver) return { known: false, error: new StoreUnavailableError(NOT_CAUGHT_UP) }
      await deadline.pause(POLL_INTERVAL_MS)
      before = this.#catchUp()
      answer = await reader.readRecord(key, deadline)
    }
    if (!answer.known) return answer
    const path = answer.fromPrimary === true ? 'primary' : 'quorum'
    if (answer.value === null) return { known: true, value: null, path }
    // An answer of a majority may be older than the start of the feed. It is true now, but is not cached as live.
    // INV-TOKENS-51: forgotten tombstones.
    const complete =
      answer.fromPrimary === true &&
      generation !== null &&
      generation === feed.generation &&
      forgottenTombstones === cache.forgottenTombstones
    const known = cache.noteSeen(key, answer.value, complete ? generation : null)
    const isConclusive =
      known.record.state === 'live' ||
      unsettled ||
      !rules.settle ||
      (await durability.waitUntilDurable(key, deadline))
    return isConclusive
      ? { known: true, value: known.record, path }
      : { known: false, error: new StoreUnavailableError(UNSETTLED) }
  }

  /** Reads the records of a subject. The list is complete only after the primary has received all writes that it may lack. */
  async list(subject: SubjectKey, deadline: Deadline): Promise<Answer<StoredRecord[]>> {
    for (;;) {
      const before = this.#catchUp()
      const answer = await this.#readList(subject, deadline)
      if (!answer.known || this.#isStillCaughtUp(before)) return answer
      if (deadline.isOver) return { known: false, error: new StoreUnavailableError(NOT_CAUGHT_UP) }
      await deadline.pause(LIST_POLL_MS)
    }
  }

  /**
   * False in a process that started after a failover: another process may still replay a logout that this process
   * has not received.
   */
  hasCaughtUp(): boolean {
    return this.#options.replayer.wasDone || !this.#options.rules.unknown
  }

  #catchUp(): CatchUp {
    return { ever: this.hasCaughtUp(), after: this.#options.replayer.doneAfter }
  }

  /** Whether the primary lacked nothing from the start of a read to its end. */
  #isStillCaughtUp({ after }: CatchUp): boolean {
    return (after !== null && after === this.#options.replayer.doneAfter) || !this.#options.rules.unknown
  }

  /**
   * Whether the answer of the nodes is final: no record that a new primary may still receive can change it. It is
   * judged by the state when the read began, because a node may have answered then.
   * INV-TOKENS-46.
   */
  #isConclusive(key: string, record: TokenRecord | null, before: CatchUp): boolean {
    const { cache, clock, mayReappear } = this.#options
    if (record !== null) return record.state === 'revoked' || before.ever
    const known = cache.latest(key)
    if (known === null) return this.#isStillCaughtUp(before)
    const isLive = known.state === 'live' && !(clock.nowMs() >= endsAtMs(known))
    return !isLive || !mayReappear()
  }

  async #readList(subject: SubjectKey, deadline: Deadline): Promise<Answer<StoredRecord[]>> {
    const { reader } = this.#options
    const listed = await reader.ask(
      {
        ask: (node, timeoutMs) => listOnNode(node, subject, timeoutMs),
        // The primary may lack a session that a newer primary has.
        primaryIsEnough: () => false,
        join: joinLists,
      },
      deadline,
    )
    if (!listed.known) return listed
    const { records, isUnanimous } = listed.value
    const live = records.filter(({ record }) => record.state === 'live').map(({ key }) => key)
    if (isUnanimous || live.length === 0) return { known: true, value: records }
    // If a node lost a session and then received its tombstone, it has the tombstone, but no entry for it in the
    // index. So a list alone does not show that a majority knows of the logout (seed 5115 of the fault campaign).
    const found = await reader.ask(
      {
        ask: (node, timeoutMs) => readRecords(node, live, timeoutMs),
        primaryIsEnough: () => false,
        join: joinStored,
      },
      deadline,
    )
    if (!found.known) return found
    // A session that a rotation ended between the two reads was replaced by one that is not in the list.
    const read = found.value.map((stored) => ({ ...stored, mayBeReplaced: true }))
    return { known: true, value: joinStored([records, read]) }
  }
}
