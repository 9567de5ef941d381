import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import type { SentinelAnswer } from '../redis/sentinels.ts'
import { type HandOverOptions, handOver } from './hand-over.ts'

/** The name of this operation in the operations' lock. */
export const CLOSE_ELECTION_OPERATION = 'closing of an abandoned election'

/** The observed state of the data centre at one moment. */
export interface ElectionSnapshot {
  /** How many Sentinels are planned. */
  plannedSentinels: number
  answers: readonly SentinelAnswer[]
  /** The newest election epoch in any Sentinel's hello message; 0 before the first message. */
  newestEpoch: number
  /** The views of every Redis that answers. */
  views: readonly NodeView[]
}

/** A handover from a primary to a replica and back. */
export interface Detour {
  primary: NodeView
  via: NodeView
  /** The Sentinels that name this primary. */
  sentinels: readonly NodeAddress[]
}

/** After a longer gap between two snapshots, this process stood still, and the earlier snapshots prove nothing. */
const MAX_SNAPSHOT_GAP_MS = 5000

/**
 * The longest time, in milliseconds, for which a Sentinel may lead a failover. It waits for votes, for the replica's link and
 * for the promotion (FACT-20: the election timeout, and twice the `failover-timeout`).
 */
export const promotionLimitMs = (failoverTimeoutMs: number): number =>
  Math.min(10_000, failoverTimeoutMs) + 2 * failoverTimeoutMs

/**
 * Detects an abandoned election. There are two kinds:
 * - The Sentinels know an epoch newer than the primary's, no Sentinel that answers leads a failover, and a Sentinel does not
 *   answer. That Sentinel may have been elected, and may promote its replica as soon as its host continues. While every
 *   Sentinel answers, no Sentinel can do so.
 * - A Sentinel names another Redis in the same epoch as the others. Only a newer epoch changes its answer (see
 *   `RefutedAnnouncements` of the library).
 *
 * Pure: the time is passed in (monotonic, in milliseconds).
 */
export class AbandonedElection {
  readonly #limitMs: number
  #sinceMs: number | null = null
  #observedAtMs = Number.NEGATIVE_INFINITY
  #detour: Detour | null = null

  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  observe(snapshot: ElectionSnapshot, nowMs: number): void {
    const stoodStill = nowMs - this.#observedAtMs > MAX_SNAPSHOT_GAP_MS
    this.#observedAtMs = nowMs
    this.#detour = detourFor(snapshot)
    this.#sinceMs = this.#detour === null ? null : stoodStill ? nowMs : (this.#sinceMs ?? nowMs)
  }

  /** The detour that closes the election, once it is due; otherwise null. */
  due(nowMs: number): Detour | null {
    return this.#sinceMs !== null && nowMs - this.#sinceMs >= this.#limitMs ? this.#detour : null
  }
}

/** The detour that would close an abandoned election; null when there is none, or it cannot be closed now. */
function detourFor({ plannedSentinels, answers, newestEpoch, views }: ElectionSnapshot): Detour | null {
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
  const [via] = views
    .filter((view) => view.primaryAddress === address && view.linkUp && view.replid === primary.replid)
    .sort((one, other) => other.offset - one.offset)
  return via === undefined ? null : { primary, via, sentinels: agreeing.map(({ sentinel }) => sentinel) }
}

export interface CloseElectionsOptions extends Omit<HandOverOptions, 'sentinels'> {
  /** The Redis of this agent, which acts only while one of them is the primary. */
  own: readonly NodeAddress[]
  plannedSentinels: number
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  views: () => Promise<NodeView[]>
  newestEpoch: () => number
  /** Takes the operations' lock. Returns its release, or null while another operation holds it. */
  claim: () => Promise<(() => void) | null>
}

const POLL_INTERVAL_MS = 1000
const MIN_RETRY_MS = 5000
const MAX_RETRY_MS = 60_000
/** How often the agent tries the way back of a detour. */
const MAX_RETURN_ATTEMPTS = 3

/**
 * Closes abandoned elections (see {@link AbandonedElection}). Rejects when the signal aborts.
 *
 * While an unreachable Sentinel may still promote a replica that lacks a login, that login is not acknowledged. And clients
 * of a Sentinel that permanently names another Redis find no primary. So the agent hands the primary over to a replica and
 * back, without losing a write. The newer epoch outranks the late promotion: the other Sentinels and the library ignore it.
 *
 * The way back is needed because a late leader points every replica of its election to the Redis that it promotes. Only the
 * primary of that election does not get the command. The way back also starts a new replication history, which the late
 * promotion does not continue. The agent beside the primary acts, and only while it holds the operations' lock.
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
    election.observe(
      { plannedSentinels, answers, newestEpoch: options.newestEpoch(), views },
      performance.now(),
    )
    const detour = election.due(performance.now())
    const isOwn = own.some((node) => formatAddress(node) === addressOf(detour?.primary))
    if (detour !== null && isOwn && performance.now() >= notBeforeMs) {
      try {
        await closeElection(detour, { ...options, sentinels: detour.sentinels }, signal)
        failures = 0
      } catch (error) {
        signal.throwIfAborted()
        failures += 1
        log('an abandoned election could not be closed', { reason: String(error) })
      }
      const fullMs = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.max(0, failures - 1))
      notBeforeMs = performance.now() + fullMs * (0.5 + Math.random() / 2)
    }
    await sleep(POLL_INTERVAL_MS * (0.8 + 0.4 * Math.random()), undefined, { signal })
  }
}

const addressOf = (view: NodeView | undefined): string | null =>
  view === undefined ? null : formatAddress(view.address)

async function closeElection(
  { primary, via }: Detour,
  options: HandOverOptions & Pick<CloseElectionsOptions, 'claim'>,
  signal: AbortSignal,
): Promise<void> {
  const release = await options.claim()
  if (release === null) throw new Error('Another operation is changing this data centre.')
  const details = { primary: primary.address.host, by: via.address.host }
  try {
    options.log('closes an abandoned election: hands over, and back', details)
    await handOver(primary.address, via.address, options, signal)
    // The election is closed now. Without the way back, a late leader could still send commands to the new primary.
    for (let attempt = 1; ; attempt += 1) {
      try {
        await handOver(via.address, primary.address, options, signal)
        break
      } catch (error) {
        if (attempt === MAX_RETURN_ATTEMPTS) throw error
        await sleep(POLL_INTERVAL_MS * (0.5 + Math.random()), undefined, { signal })
      }
    }
    options.log('closed an abandoned election', details)
  } finally {
    release()
  }
}
