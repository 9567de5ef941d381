import { setTimeout as sleep } from 'node:timers/promises'
import { type ClockReading, compareClocks, formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../redis/nodes.ts'
import { readField } from '../redis/replies.ts'
import type { SentinelAnswer } from '../redis/sentinels.ts'
import { type HandOverOptions, handOver } from './hand-over.ts'

/** The name of this operation in the operations' lock. */
export const WRONG_CLOCK_OPERATION = 'handover from a primary whose clock is wrong'

/** The observed state of the data centre at one moment. */
export interface ClockSnapshot {
  /** `host:port` of the Redis of this agent. */
  self: string
  /** The clocks of the nodes that answer. */
  readings: readonly ClockReading[]
  plannedNodes: number
  /** The `replica-priority` of each node that answers. */
  priorities: ReadonlyMap<string, number>
  /** The planned `replica-priority` of `self`. */
  plannedPriority: number
  views: readonly NodeView[]
  plannedSentinels: number
  answers: readonly SentinelAnswer[]
}

export interface ClockDecision {
  /** The `replica-priority` to set; null: keep the current one. */
  priority: number | null
  /** The replica that should become the primary; null: keep the primary. */
  successor: NodeView | null
}

const NOTHING: ClockDecision = { priority: null, successor: null }

/** How long a clock must be right before it counts as right again. */
const CLOCK_RECOVERY_MS = 10_000
/** How long the clock of a primary may be wrong, for example while it is set in two steps. */
const MAX_WRONG_PRIMARY_MS = 5000

/**
 * Decides what to do about the clock of one Redis. Pure: the time is passed in (monotonic, in milliseconds).
 *
 * A replica whose clock is wrong, by a majority of the nodes, gets priority 0, so that Sentinel never promotes it. As a
 * primary, it would expire logs of attempts by its own clock, and sessions to which an older version of the library gave a
 * TTL. At least one other node with the right time must stay promotable. When the clock has been right for some seconds, the
 * planned priority is restored, even if an earlier process of the agent had set it to 0. A primary whose clock stays wrong
 * should hand over to a replica with the right time.
 */
export class ClockGuard {
  #rightSinceMs: number | null = null
  #wrongSinceMs: number | null = null

  decide(snapshot: ClockSnapshot, nowMs: number): ClockDecision {
    const { aheadMs, deviating } = compareClocks(snapshot.readings, snapshot.plannedNodes)
    const isSeen = snapshot.readings.some(({ address }) => address === snapshot.self)
    // This process runs on the host in question, so only a majority of the nodes proves that clock wrong.
    const isProved = (snapshot.readings.length - deviating.length) * 2 > snapshot.plannedNodes
    const isWrong = deviating.includes(snapshot.self) && isProved
    this.#wrongSinceMs = isWrong ? (this.#wrongSinceMs ?? nowMs) : null
    this.#rightSinceMs = isSeen && aheadMs !== null && !isWrong ? (this.#rightSinceMs ?? nowMs) : null
    const priority = snapshot.priorities.get(snapshot.self)
    if (priority === undefined) return NOTHING
    if (this.#wrongSinceMs !== null) {
      const others = snapshot.readings.filter(
        ({ address }) =>
          address !== snapshot.self &&
          !deviating.includes(address) &&
          (snapshot.priorities.get(address) ?? 0) > 0,
      )
      const successor =
        nowMs - this.#wrongSinceMs >= MAX_WRONG_PRIMARY_MS ? successorOf(snapshot, others) : null
      return { priority: priority > 0 && others.length > 0 ? 0 : null, successor }
    }
    const isDue = this.#rightSinceMs !== null && nowMs - this.#rightSinceMs >= CLOCK_RECOVERY_MS
    return isDue && priority === 0 && snapshot.plannedPriority > 0
      ? { priority: snapshot.plannedPriority, successor: null }
      : NOTHING
  }
}

/** The most complete replica with the right time, if no failover is under way and this Redis is the primary. */
function successorOf(snapshot: ClockSnapshot, right: readonly ClockReading[]): NodeView | null {
  const { self, views, answers, plannedSentinels } = snapshot
  const own = views.find(({ address }) => formatAddress(address) === self)
  const isNamed = answers.every(
    ({ primary, failingOver, findsItDown }) => primary === self && !failingOver && !findsItDown,
  )
  if (own?.role !== 'primary' || answers.length * 2 <= plannedSentinels || !isNamed) return null
  const isRight = (view: NodeView) => right.some(({ address }) => address === formatAddress(view.address))
  const candidates = views.filter(
    (view) => view.primaryAddress === self && view.linkUp && view.replid === own.replid && isRight(view),
  )
  return candidates.sort((one, other) => other.offset - one.offset)[0] ?? null
}

export interface ClockGuardOptions extends Omit<HandOverOptions, 'sentinels'> {
  self: NodeAddress
  /** Every planned Redis. */
  all: readonly NodeAddress[]
  plannedPriority: number
  plannedSentinels: number
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  views: () => Promise<NodeView[]>
  /** Takes the operations' lock. Returns its release, or null while another operation holds it. */
  claim: () => Promise<(() => void) | null>
}

const POLL_INTERVAL_MS = 1000
/** The time until the next handover, after one that failed or when the clock is wrong again. */
const HANDOVER_COOLDOWN_MS = 30_000

/**
 * Keeps a Redis with a wrong clock from being the primary (see {@link ClockGuard}). Rejects when the signal aborts.
 * INV-AGENT-16.
 */
export async function guardClock(options: ClockGuardOptions, signal: AbortSignal): Promise<never> {
  const { self, sendToNode, log } = options
  const guard = new ClockGuard()
  let notBeforeMs = Number.NEGATIVE_INFINITY
  for (;;) {
    signal.throwIfAborted()
    const snapshot = await takeSnapshot(options)
    const { priority, successor } = guard.decide(snapshot, performance.now())
    if (priority !== null) {
      const answer = await setPriority(self, priority, sendToNode).then(() => 'OK', String)
      log(priority === 0 ? 'the clock is wrong: must not be promoted' : 'the clock is right again', {
        priority,
        answer,
      })
    }
    if (successor !== null && performance.now() >= notBeforeMs) {
      const sentinels = snapshot.answers.map(({ sentinel }) => sentinel)
      await handOverTo(successor, { ...options, sentinels }, signal).catch((error: unknown) => {
        signal.throwIfAborted()
        log('the clock of the primary is wrong, and it could not be handed over', { reason: String(error) })
      })
      notBeforeMs = performance.now() + HANDOVER_COOLDOWN_MS * (0.8 + 0.4 * Math.random())
    }
    await sleep(POLL_INTERVAL_MS * (0.8 + 0.4 * Math.random()), undefined, { signal })
  }
}

async function handOverTo(
  successor: NodeView,
  options: HandOverOptions & Pick<ClockGuardOptions, 'self' | 'claim'>,
  signal: AbortSignal,
): Promise<void> {
  const release = await options.claim()
  if (release === null) throw new Error('Another operation is changing this data centre.')
  try {
    options.log('the clock of the primary is wrong: hands over', { to: successor.address.host })
    await handOver(options.self, successor.address, options, signal)
  } finally {
    release()
  }
}

async function setPriority(
  self: NodeAddress,
  priority: number,
  sendToNode: ClockGuardOptions['sendToNode'],
): Promise<void> {
  await sendToNode(self, ['CONFIG', 'SET', 'replica-priority', String(priority)])
  // Sentinel may have written a 0 to the file. The agent never writes the 0: Redis starts with the planned priority.
  if (priority > 0) await sendToNode(self, ['CONFIG', 'REWRITE'])
}

async function takeSnapshot(options: ClockGuardOptions): Promise<ClockSnapshot> {
  const { self, all, plannedPriority, plannedSentinels, sendToNode } = options
  const priorities = new Map<string, number>()
  const [readings, views, answers] = await Promise.all([
    Promise.all(
      all.map(async (node): Promise<ClockReading[]> => {
        try {
          const address = formatAddress(node)
          const aheadMs = await readClock(node, sendToNode)
          const reply = await sendToNode(node, ['CONFIG', 'GET', 'replica-priority'])
          const priority = readField(reply, 'replica-priority')
          if (/^\d+$/.test(priority)) priorities.set(address, Number(priority))
          return [{ address, aheadMs }]
        } catch {
          return []
        }
      }),
    ),
    options.views(),
    options.sentinelAnswers(),
  ])
  return {
    self: formatAddress(self),
    readings: readings.flat(),
    plannedNodes: all.length,
    priorities,
    plannedPriority,
    views,
    plannedSentinels,
    answers,
  }
}

/** How far a node's clock is ahead of this process's clock, in milliseconds. A quick reply makes it precise. */
async function readClock(node: NodeAddress, sendToNode: ClockGuardOptions['sendToNode']): Promise<number> {
  const beforeMs = Date.now()
  const reply = await sendToNode(node, ['TIME'])
  const middleMs = (beforeMs + Date.now()) / 2
  const [seconds, micros] = Array.isArray(reply) ? reply.map((part) => Number(String(part))) : []
  const aheadMs = Number(seconds) * 1000 + Number(micros) / 1000 - middleMs
  if (!Number.isFinite(aheadMs)) throw new Error(`${formatAddress(node)} does not report its time.`)
  return aheadMs
}
