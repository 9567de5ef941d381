import { setTimeout as sleep } from 'node:timers/promises'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import { namedByMajority, type SentinelAnswer } from '../redis/sentinels.ts'
import { type FollowOptions, pointToPromoted } from './follow.ts'
import { requestFailover } from './request-failover.ts'

export interface WatchdogOptions extends FollowOptions {
  primaryName: string
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  /** The views of every other Redis that answers. */
  survivors: () => Promise<NodeView[]>
  /** Whether the Redis at that address runs again: then the failover is no longer one of a dead process. */
  isBack: () => Promise<boolean>
  tellSentinel: (sentinel: NodeAddress, command: string[]) => Promise<Reply>
  /** How long it goes on (in milliseconds). */
  limitMs: number
}

/** What became of it. */
export type WatchdogOutcome = 'not the primary' | 'failed over' | 'is back' | 'gave up'

const LOOK_AGAIN_MS = 25
/** A failover that was accepted gets this long before it is asked for again. */
const PATIENCE_MS = 2000

/**
 * The process of the Redis at `dead` has just ended. When it was the primary, asks a Sentinel on another host for
 * the failover at once, instead of letting `down-after` pass (FACT-52); and as soon as that Sentinel has promoted a replica,
 * points the others to it, which Sentinel itself does up to a second later (it looks once a second). Both are
 * safe because a process that has ended can acknowledge nothing any more.
 *
 * It asks only while a majority of the Sentinels names the dead node, none names another or has found out by itself, and
 * no other Redis has become a primary: a second failover on top of a first one could undo what that one's primary
 * acknowledged, and two at once may point the two replicas to each other.
 * Rejects when the signal aborts.
 * INV-AGENT-9.
 */
export async function watchOver(
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
      await pointToPromoted(followers, promoted, options)
    }
    if (answers.some(({ primary }) => primary !== formatAddress(dead))) {
      return asked ? 'failed over' : 'not the primary'
    }
    const underWay =
      promoted !== undefined || answers.some(({ failingOver, findsItDown }) => failingOver || findsItDown)
    const named = namedByMajority(answers) === formatAddress(dead)
    if (named && !underWay && performance.now() - askedAtMs > PATIENCE_MS) {
      // `SENTINEL FAILOVER` asks for no vote: it must never meet a primary that lives.
      if (await options.isBack()) return 'is back'
      const others = answers.flatMap(({ sentinel }) => (sentinel.host === dead.host ? [] : [sentinel]))
      // One that may be under way is waited for as well.
      const { outcome } = await requestFailover(others, options)
      if (outcome !== 'refused') askedAtMs = performance.now()
    }
    await sleep(LOOK_AGAIN_MS, undefined, { signal })
  }
  options.log('gave up waiting for a failover', {})
  return 'gave up'
}
