import { formatAddress } from '@holdfast/tokens/redis'
import { type Action, type Decision, type Detour, defineRule, type Observation } from './rule.ts'

/** After a longer gap between two observations, this process was paused, and the earlier ones prove nothing. */
const MAX_OBSERVATION_GAP_MS = 5000
const MIN_RETRY_MS = 5000
const MAX_RETRY_MS = 60_000

interface Memory {
  /** Since when an abandoned election could be closed; null when there is none. */
  sinceMs: number | null
  observedAtMs: number
  /** How many consecutive attempts to close one have failed. */
  failures: number
  notBeforeMs: number
}

/**
 * The longest time, in milliseconds, for which a Sentinel may lead a failover. It waits for votes, for the replica's link and
 * for the promotion (FACT-20: the election timeout, and twice the `failover-timeout`).
 */
export const promotionLimitMs = (failoverTimeoutMs: number): number =>
  Math.min(10_000, failoverTimeoutMs) + 2 * failoverTimeoutMs

/**
 * Closes abandoned elections. There are two kinds:
 * - The Sentinels know an epoch newer than the primary's, no Sentinel that answers leads a failover, and a Sentinel does not
 *   answer. That Sentinel may have been elected, and may promote its replica as soon as its host continues. While every
 *   Sentinel answers, no Sentinel can do so.
 * - A Sentinel names another Redis in the same epoch as the others. Only a newer epoch changes its answer (see
 *   `RefutedAnnouncements` of the library).
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
export const closeAbandonedElections = defineRule<Memory>({
  name: 'close abandoned elections',
  needs: ['views', 'sentinels', 'epochs'],
  initial: () => ({
    sinceMs: null,
    observedAtMs: Number.NEGATIVE_INFINITY,
    failures: 0,
    notBeforeMs: Number.NEGATIVE_INFINITY,
  }),
  decide: (observation, before) => {
    const { nowMs, plan, own, running } = observation
    // The detour itself looks like an election.
    if (running.some(isClosing)) return { actions: [], memory: before }
    const memory = noteAttempts(before, observation)
    const wasPaused = nowMs - memory.observedAtMs > MAX_OBSERVATION_GAP_MS
    const detour = detourFor(observation)
    const sinceMs = detour === null ? null : wasPaused ? nowMs : (memory.sinceMs ?? nowMs)
    const isOwn = own.redis.some(
      (redis) => detour !== null && formatAddress(redis) === formatAddress(detour.primary),
    )
    const isDue = sinceMs !== null && nowMs - sinceMs >= promotionLimitMs(plan.failoverTimeoutMs)
    const decision: Decision<Memory> = { actions: [], memory: { ...memory, sinceMs, observedAtMs: nowMs } }
    if (detour === null || !isOwn || !isDue || nowMs < memory.notBeforeMs) return decision
    return { ...decision, actions: [{ kind: 'close election', ...detour, seenAtMs: nowMs }] }
  },
})

const isClosing = ({ kind }: Action): boolean => kind === 'close election'

/** Counts the attempts that have ended. The pause after them is random, so that two agents do not try together again. */
function noteAttempts(memory: Memory, { ended, nowMs, random }: Observation): Memory {
  const attempt = ended.find(({ action }) => isClosing(action))
  if (attempt === undefined) return memory
  const failures = attempt.error === null ? 0 : memory.failures + 1
  const fullMs = Math.min(MAX_RETRY_MS, MIN_RETRY_MS * 2 ** Math.max(0, failures - 1))
  return { ...memory, failures, notBeforeMs: nowMs + fullMs * (0.5 + random / 2) }
}

/** The detour that would close an abandoned election; null when there is none, or it cannot be closed now. */
function detourFor({ plan, answers, newestEpoch, views }: Observation): Detour | null {
  const [primary, ...more] = views.filter(({ role }) => role === 'primary')
  if (primary === undefined || more.length > 0) return null
  const address = formatAddress(primary.address)
  const agreeing = answers.filter((answer) => answer.primary === address)
  const plannedSentinels = plan.sentinels.length
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
  return via === undefined
    ? null
    : { primary: primary.address, via: via.address, sentinels: agreeing.map(({ sentinel }) => sentinel) }
}
