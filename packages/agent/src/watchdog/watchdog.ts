import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import { namedByMajority, type SentinelAnswer } from '../redis/sentinels.ts'
import { type RepointOptions, repointReplicas } from './repoint-replicas.ts'
import { requestFailover } from './request-failover.ts'

export interface WatchdogOptions extends RepointOptions {
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

/**
 * Requests the failover of the Redis at `dead`, whose process has just ended, if it was the primary. Rejects when the signal
 * aborts.
 *
 * The watchdog asks a Sentinel on another host at once instead of waiting for `down-after` (FACT-52). As soon as that
 * Sentinel has promoted a replica, the watchdog points the other replicas to it; Sentinel does so up to a second later,
 * because it polls once a second. Both are safe because an ended process cannot acknowledge a write.
 *
 * The watchdog asks only while a majority of the Sentinels names the dead node, no Sentinel names another node or has
 * detected the failure itself, and no other Redis has become a primary. A second failover after the first could undo what
 * the new primary acknowledged, and two concurrent failovers may point the two replicas to each other.
 * INV-AGENT-9.
 */
export async function failOverDeadRedis(
  dead: NodeAddress,
  options: WatchdogOptions,
  signal: AbortSignal,
): Promise<WatchdogOutcome> {
  const untilMs = performance.now() + options.limitMs
  let askedAtMs = Number.NEGATIVE_INFINITY
  while (performance.now() < untilMs) {
    const [answers, survivors] = await Promise.all([options.sentinelAnswers(), options.survivors()])
    signal.throwIfAborted()
    const asked = askedAtMs > 0
    const primaries = survivors.filter(({ role }) => role === 'primary')
    const [promoted] = primaries
    if (asked && promoted !== undefined && primaries.length === 1) {
      const followers = survivors.filter(({ primaryAddress }) => primaryAddress === formatAddress(dead))
      await repointReplicas(followers, promoted, options)
    }
    if (answers.some(({ primary }) => primary !== formatAddress(dead))) {
      return asked ? 'failed over' : 'not the primary'
    }
    const underWay =
      promoted !== undefined || answers.some(({ failingOver, findsItDown }) => failingOver || findsItDown)
    const named = namedByMajority(answers) === formatAddress(dead)
    if (named && !underWay && performance.now() - askedAtMs > REQUEST_TIMEOUT_MS) {
      // `SENTINEL FAILOVER` needs no vote, so it must never hit a living primary.
      if (await options.isBack()) return 'is back'
      const others = answers.flatMap(({ sentinel }) => (sentinel.host === dead.host ? [] : [sentinel]))
      // A failover that may be under way counts as requested too.
      const { outcome } = await requestFailover(others, options)
      if (outcome !== 'refused') askedAtMs = performance.now()
    }
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
  options.log('gave up waiting for a failover', {})
  return 'gave up'
}
