import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import type { HostGroup } from '../host/group.ts'
import type { NodeView } from '../redis/nodes.ts'
import { namedByMajority, type SentinelAnswer } from '../redis/sentinels.ts'
import { type CommandOptions, repointReplica } from './commands.ts'
import { requestFailover } from './request-failover.ts'

export interface WatchdogOptions extends CommandOptions {
  primaryName: string
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  /** The views of all other Redis that answer. */
  survivors: () => Promise<NodeView[]>
  /** Whether the dead Redis runs again. Then the process is alive, and no failover may be forced. */
  isBack: () => Promise<boolean>
  sendToSentinel: (sentinel: NodeAddress, command: string[]) => Promise<Reply>
  /** How long the watchdog tries, in milliseconds. */
  limitMs: number
}

export type WatchdogOutcome = 'not the primary' | 'failed over' | 'is back' | 'gave up'

const POLL_INTERVAL_MS = 25
/** How long an accepted failover may take before it is requested again. */
const REQUEST_TIMEOUT_MS = 2000

/** The observed state of the group after the process of one Redis has ended. */
interface AfterDeath {
  /** `host:port` of the Redis whose process has ended. */
  dead: string
  answers: readonly SentinelAnswer[]
  survivors: readonly NodeView[]
  /** How long ago a Sentinel accepted a request, or may have; null when none has. */
  requestedMsAgo: number | null
}

interface AfterDeathDecision {
  /** The failover has ended. */
  outcome: 'not the primary' | 'failed over' | null
  /** The replicas to point to a promoted replica. */
  repoint: { followers: readonly NodeView[]; promoted: NodeView } | null
  /** Ask a Sentinel for a failover, unless the dead Redis runs again. */
  mayAsk: boolean
}

/**
 * Decides the next step after the process of a Redis has ended. Pure.
 *
 * The watchdog asks only while a majority of the Sentinels names the dead node, no Sentinel names another node or has
 * detected the failure itself, and no other Redis has become a primary. A second failover after the first could undo what
 * the new primary acknowledged, and two concurrent failovers may point the two replicas to each other.
 * INV-AGENT-9.
 */
export function decideAfterDeath({
  dead,
  answers,
  survivors,
  requestedMsAgo,
}: AfterDeath): AfterDeathDecision {
  const primaries = survivors.filter(({ role }) => role === 'primary')
  const [promoted] = primaries
  const mayRepoint = requestedMsAgo !== null && promoted !== undefined && primaries.length === 1
  const followers = survivors.filter(({ primaryAddress }) => primaryAddress === dead)
  const repoint = mayRepoint ? { followers, promoted } : null
  if (answers.some(({ primary }) => primary !== dead))
    return { outcome: requestedMsAgo === null ? 'not the primary' : 'failed over', repoint, mayAsk: false }
  const underWay =
    promoted !== undefined || answers.some(({ failingOver, findsItDown }) => failingOver || findsItDown)
  const isUnanswered = requestedMsAgo === null || requestedMsAgo > REQUEST_TIMEOUT_MS
  return { outcome: null, repoint, mayAsk: namedByMajority(answers) === dead && !underWay && isUnanswered }
}

/**
 * Requests the failover of the Redis at `dead`, whose process has just ended, if it was the primary. Rejects when the signal
 * aborts.
 *
 * The watchdog asks a Sentinel on another host at once instead of waiting for `down-after` (FACT-52). As soon as that
 * Sentinel has promoted a replica, the watchdog points the other replicas to it; Sentinel does so up to a second later,
 * because it polls once a second. Both are safe because an ended process cannot acknowledge a write.
 */
export async function failOverDeadRedis(
  dead: NodeAddress,
  options: WatchdogOptions,
  signal: AbortSignal,
): Promise<WatchdogOutcome> {
  const untilMs = performance.now() + options.limitMs
  let requestedAtMs: number | null = null
  while (performance.now() < untilMs) {
    const [answers, survivors] = await Promise.all([options.sentinelAnswers(), options.survivors()])
    signal.throwIfAborted()
    const requestedMsAgo = requestedAtMs === null ? null : performance.now() - requestedAtMs
    const decision = decideAfterDeath({ dead: formatAddress(dead), answers, survivors, requestedMsAgo })
    for (const { address } of decision.repoint?.followers ?? [])
      if (decision.repoint !== null) await repointReplica(address, decision.repoint.promoted.address, options)
    if (decision.outcome !== null) return decision.outcome
    if (decision.mayAsk) {
      // `SENTINEL FAILOVER` needs no vote, so it must never hit a living primary.
      if (await options.isBack()) return 'is back'
      const others = answers.flatMap(({ sentinel }) => (sentinel.host === dead.host ? [] : [sentinel]))
      // A failover that may be under way counts as requested too.
      const { outcome } = await requestFailover(others, options)
      if (outcome !== 'refused') requestedAtMs = performance.now()
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
  options.log('gave up waiting for a failover', {})
  return 'gave up'
}

/** The same, in a group as its host agent sees it. */
export const askForFailover = (
  dead: NodeAddress,
  { group, limitMs, log }: { group: HostGroup; limitMs: number; log: WatchdogOptions['log'] },
  signal: AbortSignal,
): Promise<WatchdogOutcome> =>
  failOverDeadRedis(
    dead,
    {
      primaryName: group.plan.primaryName,
      sentinelAnswers: () => group.sentinelAnswers(),
      survivors: () => group.survivors(dead),
      isBack: () => group.isReachable(dead),
      sendToSentinel: (sentinel, command) => group.sendToSentinel(sentinel, command),
      sendToNode: (node, command) => group.sendToNode(node, command),
      log,
      limitMs,
    },
    signal,
  )

/**
 * How long a watchdog tries, in milliseconds. Shorter than the guard waits: when the guard lets Redis start as primary, no
 * failover may be requested.
 */
export const requestLimitMs = (timings: { downAfterMs: number; failoverTimeoutMs: number }): number =>
  timings.downAfterMs + timings.failoverTimeoutMs
