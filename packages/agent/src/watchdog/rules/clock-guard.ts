import { compareClocks, formatAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../../redis/nodes.ts'
import {
  type Action,
  type Clock,
  type Decision,
  decideForEach,
  defineRule,
  type Observation,
} from './rule.ts'

/** How long a clock must be right before it counts as right again. */
const CLOCK_RECOVERY_MS = 10_000
/** How long the clock of a primary may be wrong, for example while it is set in two steps. */
const MAX_WRONG_PRIMARY_MS = 5000
/** The time until the next handover, after one that failed or when the clock is wrong again. */
const HANDOVER_COOLDOWN_MS = 30_000

interface Memory {
  /** Since when the clock has been right, or has been wrong; null when it is not. */
  rightSinceMs: number | null
  wrongSinceMs: number | null
  /** No handover before that time. */
  notBeforeMs: number
}

const START: Memory = { rightSinceMs: null, wrongSinceMs: null, notBeforeMs: Number.NEGATIVE_INFINITY }

/**
 * Keeps a Redis with a wrong clock from being the primary.
 *
 * A replica whose clock is wrong, by a majority of the nodes, gets priority 0, so that Sentinel never promotes it. As a
 * primary, it would expire logs of attempts by its own clock, and sessions to which an older version of the library gave a
 * TTL. At least one other node with the right time must stay promotable. When the clock has been right for some seconds, the
 * planned priority is restored, even if an earlier process of the agent had set it to 0. A primary whose clock stays wrong
 * should hand over to a replica with the right time.
 * INV-AGENT-16.
 */
export const guardClocks = (plannedPriority: number) =>
  defineRule<ReadonlyMap<string, Memory>>({
    name: 'guard clocks',
    needs: ['views', 'sentinels', 'clocks'],
    initial: () => new Map(),
    decide: (observation, memories) =>
      decideForEach(
        observation.own.redis.map((redis) => [formatAddress(redis), formatAddress(redis)]),
        memories,
        (self, memory = START) => decideOne(self, plannedPriority, observation, memory),
      ),
  })

function decideOne(
  self: string,
  planned: number,
  observation: Observation,
  before: Memory,
): Decision<Memory> {
  const { nowMs, clocks, running } = observation
  if (running.some((action) => isHandoverOf(self, action))) return { actions: [], memory: before }
  const plannedNodes = observation.plan.redis.length
  const { aheadMs, deviating } = compareClocks(clocks, plannedNodes)
  const own = clocks.find(({ address }) => address === self)
  // This process runs on the host in question, so only a majority of the nodes proves that clock wrong.
  const isProved = (clocks.length - deviating.length) * 2 > plannedNodes
  const isWrong = deviating.includes(self) && isProved
  const isRight = own !== undefined && aheadMs !== null && !isWrong
  const memory: Memory = {
    wrongSinceMs: isWrong ? (before.wrongSinceMs ?? nowMs) : null,
    rightSinceMs: isRight ? (before.rightSinceMs ?? nowMs) : null,
    notBeforeMs: notBeforeMs(self, before, observation),
  }
  if (own === undefined || own.priority === null) return { actions: [], memory }
  const setPriority = (priority: number): Action[] =>
    own.priority === priority
      ? []
      : [{ kind: 'set priority', redis: own.redis, priority, seenAtMs: own.askedAtMs }]
  if (memory.wrongSinceMs !== null) {
    const others = clocks.filter(
      ({ address, priority }) => address !== self && !deviating.includes(address) && (priority ?? 0) > 0,
    )
    const isDue = nowMs - memory.wrongSinceMs >= MAX_WRONG_PRIMARY_MS && nowMs >= memory.notBeforeMs
    const handover = isDue ? handoverFrom(self, others, observation) : []
    return { actions: [...(others.length > 0 ? setPriority(0) : []), ...handover], memory }
  }
  const isRestored = memory.rightSinceMs !== null && nowMs - memory.rightSinceMs >= CLOCK_RECOVERY_MS
  return { actions: isRestored && own.priority === 0 ? setPriority(planned) : [], memory }
}

/** Two agents do not try together again, because the pause is random. */
function notBeforeMs(self: string, before: Memory, { ended, nowMs, random }: Observation): number {
  return ended.some(({ action }) => isHandoverOf(self, action))
    ? nowMs + HANDOVER_COOLDOWN_MS * (0.8 + 0.4 * random)
    : before.notBeforeMs
}

const isHandoverOf = (self: string, action: Action): boolean =>
  action.kind === 'leave wrong clock' && formatAddress(action.from) === self

/** A handover to the most complete replica with the right time, if no failover is under way and this Redis is the primary. */
function handoverFrom(
  self: string,
  right: readonly Clock[],
  { views, answers, plan, nowMs }: Observation,
): Action[] {
  const own = views.find(({ address }) => formatAddress(address) === self)
  const isNamed = answers.every(
    ({ primary, failingOver, findsItDown }) => primary === self && !failingOver && !findsItDown,
  )
  if (own?.role !== 'primary' || answers.length * 2 <= plan.sentinels.length || !isNamed) return []
  const isRight = (view: NodeView) => right.some(({ address }) => address === formatAddress(view.address))
  const [successor] = views
    .filter(
      (view) => view.primaryAddress === self && view.linkUp && view.replid === own.replid && isRight(view),
    )
    .sort((one, other) => other.offset - one.offset)
  if (successor === undefined) return []
  const sentinels = answers.map(({ sentinel }) => sentinel)
  return [{ kind: 'leave wrong clock', from: own.address, to: successor.address, sentinels, seenAtMs: nowMs }]
}
