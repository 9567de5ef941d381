import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import type { SentinelAnswer } from '../redis/sentinels.ts'
import { type HandOverOptions, handOver } from './hand-over.ts'

/** What the closing of an abandoned election is called, as an operation. */
export const CLOSING = 'closing of an abandoned election'

/** What was seen of the data centre at one moment. */
export interface ElectionLook {
  /** How many Sentinels are planned, and what those say that answer. */
  plannedSentinels: number
  answers: readonly SentinelAnswer[]
  /** The newest election epoch that any Sentinel has published; 0: none was heard yet. */
  newestEpoch: number
  /** What every Redis says that answers. */
  views: readonly NodeView[]
}

/** From which primary to which replica, and back. */
export interface Detour {
  primary: NodeView
  by: NodeView
  /** Those that name this primary. */
  sentinels: readonly NodeAddress[]
}

/** A look that comes later than that was not taken while this process ran: what was seen before says nothing. */
const MOST_BETWEEN_LOOKS_MS = 5000

/**
 * For how long Sentinel itself may lead a failover (in milliseconds): it waits for votes, for the replica's link and for the
 * promotion (election time-out, and twice the `failover-timeout`: FACT-20).
 */
export const promotionLimitMs = (failoverTimeoutMs: number): number =>
  Math.min(10_000, failoverTimeoutMs) + 2 * failoverTimeoutMs

/**
 * Whether an election was abandoned. It is when the Sentinels know an epoch that is newer than the primary's, no Sentinel that
 * answers leads a failover, and one does not answer: that one may have been elected, and may promote its replica whenever
 * its host goes on. While every Sentinel answers, none can. And it is when a Sentinel names another Redis in the very epoch of the
 * others: only a newer epoch changes its mind (see `RefutedAnnouncements` of the library).
 * Pure: the time is passed in (monotonic, in milliseconds).
 */
export class AbandonedElection {
  readonly #limitMs: number
  #sinceMs: number | null = null
  #seenAtMs = Number.NEGATIVE_INFINITY
  #detour: Detour | null = null

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  note(look: ElectionLook, nowMs: number): void {
    const stoodStill = nowMs - this.#seenAtMs > MOST_BETWEEN_LOOKS_MS
    this.#seenAtMs = nowMs
    this.#detour = detourOf(look)
    this.#sinceMs = this.#detour === null ? null : stoodStill ? nowMs : (this.#sinceMs ?? nowMs)
  }

  /** How to close it, when that is due; else null. */
  due(nowMs: number): Detour | null {
    return this.#sinceMs !== null && nowMs - this.#sinceMs >= this.#limitMs ? this.#detour : null
  }
}

/** How an abandoned election could be closed; null when there is none, or it cannot be closed now. */
function detourOf({ plannedSentinels, answers, newestEpoch, views }: ElectionLook): Detour | null {
  const [primary, ...more] = views.filter(({ role }) => role === 'primary')
  if (primary === undefined || more.length > 0) return null
  const address = formatAddress(primary.address)
  const agreeing = answers.filter((answer) => answer.primary === address)
  if (agreeing.length * 2 <= plannedSentinels) return null
  if (answers.some(({ failingOver }) => failingOver) || agreeing.some(({ findsItDown }) => findsItDown))
    return null
  const announcedEpoch = Math.max(...agreeing.map(({ configEpoch }) => configEpoch))
  const others = answers.filter((answer) => answer.primary !== address)
  const mayBePromotedLate =
    others.length === 0 && answers.length < plannedSentinels && newestEpoch > announcedEpoch
  const isTied = others.some(({ configEpoch }) => configEpoch === announcedEpoch)
  if (!mayBePromotedLate && !isTied) return null
  const [by] = views
    .filter((view) => view.primaryAddress === address && view.linkUp && view.replid === primary.replid)
    .sort((one, other) => other.offset - one.offset)
  return by === undefined ? null : { primary, by, sentinels: agreeing.map(({ sentinel }) => sentinel) }
}

export interface CloseElectionsOptions extends Omit<HandOverOptions, 'sentinels'> {
  /** The Redis that this process looks after: it acts only while one of these is the primary. */
  own: readonly NodeAddress[]
  plannedSentinels: number
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  views: () => Promise<NodeView[]>
  newestEpoch: () => number
  /** Claims the data centre for an operation; null while another operation has it. */
  claim: () => Promise<(() => void) | null>
}

const LOOK_MS = 1000
const FIRST_RETRY_MS = 5000
const MOST_RETRY_MS = 60_000
/** The second half of a detour is tried so often. */
const TRIES_BACK = 3

/**
 * Closes abandoned elections (see {@link AbandonedElection}), because logins that not every replica has must wait while a
 * Sentinel that cannot be asked may still promote a replica that lacks them, and because clients that ask a Sentinel which names
 * another Redis for good find no primary. The primary is handed over to a replica and
 * back, without losing a write. The newer epoch outranks the late promotion: the other Sentinels and the library ignore it.
 * The way back is needed because a late leader points all that were replicas in its election to the one that it promoted:
 * only the primary of that time is not told so. It also begins a new history, which the late one does not continue.
 * The agent beside the primary acts, and no operation beside it. Rejects when the signal aborts.
 * INV-AGENT-14.
 */
export async function closeAbandonedElections(
  options: CloseElectionsOptions,
  signal: AbortSignal,
): Promise<never> {
  const { own, log } = options
  const election = new AbandonedElection(promotionLimitMs(options.failoverTimeoutMs))
  let failures = 0
  let notBeforeMs = Number.NEGATIVE_INFINITY
  for (;;) {
    signal.throwIfAborted()
    const [answers, views] = await Promise.all([options.sentinelAnswers(), options.views()])
    const { plannedSentinels } = options
    election.note({ plannedSentinels, answers, newestEpoch: options.newestEpoch(), views }, performance.now())
    const detour = election.due(performance.now())
    const isOwn = own.some((node) => formatAddress(node) === addressOf(detour?.primary))
    if (detour !== null && isOwn && performance.now() >= notBeforeMs) {
      try {
        await close(detour, { ...options, sentinels: detour.sentinels }, signal)
        failures = 0
      } catch (error) {
        signal.throwIfAborted()
        failures += 1
        log('an abandoned election could not be closed', { reason: String(error) })
      }
      const fullMs = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failures - 1))
      notBeforeMs = performance.now() + fullMs * (0.5 + Math.random() / 2)
    }
    await sleep(LOOK_MS * (0.8 + 0.4 * Math.random()), undefined, { signal })
  }
}

const addressOf = (view: NodeView | undefined): string | null =>
  view === undefined ? null : formatAddress(view.address)

async function close(
  { primary, by }: Detour,
  options: HandOverOptions & Pick<CloseElectionsOptions, 'claim'>,
  signal: AbortSignal,
): Promise<void> {
  const release = await options.claim()
  if (release === null) throw new Error('Another operation changes this data centre.')
  const details = { primary: primary.address.host, by: by.address.host }
  try {
    options.log('closes an abandoned election: hands over, and back', details)
    await handOver(primary.address, by.address, options, signal)
    // From here on the election is closed; without the way back a late leader could still give orders to the new primary.
    for (let tries = 1; ; tries += 1) {
      try {
        await handOver(by.address, primary.address, options, signal)
        break
      } catch (error) {
        if (tries === TRIES_BACK) throw error
        await sleep(LOOK_MS * (0.5 + Math.random()), undefined, { signal })
      }
    }
    options.log('closed an abandoned election', details)
  } finally {
    release()
  }
}
