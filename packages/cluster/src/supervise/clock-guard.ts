import { setTimeout as sleep } from 'node:timers/promises'
import { type ClockReading, compareClocks, formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { readField } from '../redis/lines.ts'
import type { NodeView } from '../redis/nodes.ts'
import type { SentinelAnswer } from '../redis/sentinels.ts'
import { type HandOverOptions, handOver } from './hand-over.ts'

/** What the handover away from a primary with a wrong clock is called, as an operation. */
export const LEAVING_WRONG_CLOCK = 'handover from a primary whose clock is wrong'

/** What was seen of the data centre at one moment. */
export interface ClockLook {
  /** `host:port` of the Redis that is looked after. */
  self: string
  /** The clocks of the nodes that answer, and how many nodes there are. */
  readings: readonly ClockReading[]
  plannedNodes: number
  /** The `replica-priority` of each node that answers. */
  priorities: ReadonlyMap<string, number>
  /** Its own by plan. */
  plannedPriority: number
  views: readonly NodeView[]
  plannedSentinels: number
  answers: readonly SentinelAnswer[]
}

export interface ClockDecision {
  /** The `replica-priority` to set; null: leave it. */
  priority: number | null
  /** The replica that is to become the primary; null: none. */
  successor: NodeView | null
}

const NOTHING: ClockDecision = { priority: null, successor: null }

/** A clock that is right for so long counts as right again. */
const RIGHT_AGAIN_MS = 10_000
/** A primary may have its clock wrong for so long, as when it is set in two steps. */
const WRONG_PRIMARY_MS = 5000

/**
 * What follows from the clock of one Redis. A replica whose clock is wrong by majority gets priority 0, so that Sentinel never
 * promotes it: as a primary it would end logs of attempts by its clock, and sessions to which an older version of the library gave
 * a TTL. When its clock has been right for some seconds the planned priority is put back, also one that an earlier process of the
 * agent had taken. At least one other node with the right time must stay promotable. A primary whose clock stays wrong is to be left
 * for a replica with the right time. Pure: the time is passed in (monotonic, in milliseconds).
 */
export class ClockGuard {
  #rightSinceMs: number | null = null
  #wrongSinceMs: number | null = null

  decide(look: ClockLook, nowMs: number): ClockDecision {
    const { aheadMs, deviating } = compareClocks(look.readings, look.plannedNodes)
    const isSeen = look.readings.some(({ address }) => address === look.self)
    // This process reads the clock of the host in question, so only a majority of the nodes proves that clock wrong.
    const isProved = (look.readings.length - deviating.length) * 2 > look.plannedNodes
    const isWrong = deviating.includes(look.self) && isProved
    this.#wrongSinceMs = isWrong ? (this.#wrongSinceMs ?? nowMs) : null
    this.#rightSinceMs = isSeen && aheadMs !== null && !isWrong ? (this.#rightSinceMs ?? nowMs) : null
    const priority = look.priorities.get(look.self)
    if (priority === undefined) return NOTHING
    if (this.#wrongSinceMs !== null) {
      const others = look.readings.filter(
        ({ address }) =>
          address !== look.self && !deviating.includes(address) && (look.priorities.get(address) ?? 0) > 0,
      )
      const successor = nowMs - this.#wrongSinceMs >= WRONG_PRIMARY_MS ? successorOf(look, others) : null
      return { priority: priority > 0 && others.length > 0 ? 0 : null, successor }
    }
    const isDue = this.#rightSinceMs !== null && nowMs - this.#rightSinceMs >= RIGHT_AGAIN_MS
    return isDue && priority === 0 && look.plannedPriority > 0
      ? { priority: look.plannedPriority, successor: null }
      : NOTHING
  }
}

/** The replica with the right time that has most, while the data centre is calm and this Redis is its primary. */
function successorOf(look: ClockLook, right: readonly ClockReading[]): NodeView | null {
  const { self, views, answers, plannedSentinels } = look
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
  /** Every Redis, as planned. */
  all: readonly NodeAddress[]
  plannedPriority: number
  plannedSentinels: number
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  views: () => Promise<NodeView[]>
  /** Claims the data centre for an operation; null while another operation has it. */
  claim: () => Promise<(() => void) | null>
}

const LOOK_MS = 1000
/** A handover that failed, or a clock that is wrong again, waits for so long. */
const REST_MS = 30_000

/**
 * Keeps a Redis with a wrong clock from being the primary (see {@link ClockGuard}). Rejects when the signal aborts.
 * INV-AGENT-16.
 */
export async function guardClock(options: ClockGuardOptions, signal: AbortSignal): Promise<never> {
  const { self, tellNode, log } = options
  const guard = new ClockGuard()
  let notBeforeMs = Number.NEGATIVE_INFINITY
  for (;;) {
    signal.throwIfAborted()
    const look = await lookAround(options)
    const { priority, successor } = guard.decide(look, performance.now())
    if (priority !== null) {
      const answer = await setPriority(self, priority, tellNode).then(() => 'OK', String)
      log(priority === 0 ? 'the clock is wrong: must not be promoted' : 'the clock is right again', {
        priority,
        answer,
      })
    }
    if (successor !== null && performance.now() >= notBeforeMs) {
      const sentinels = look.answers.map(({ sentinel }) => sentinel)
      await leave(successor, { ...options, sentinels }, signal).catch((error: unknown) => {
        signal.throwIfAborted()
        log('the clock of the primary is wrong, and it could not be handed over', { reason: String(error) })
      })
      notBeforeMs = performance.now() + REST_MS * (0.8 + 0.4 * Math.random())
    }
    await sleep(LOOK_MS * (0.8 + 0.4 * Math.random()), undefined, { signal })
  }
}

async function leave(
  successor: NodeView,
  options: HandOverOptions & Pick<ClockGuardOptions, 'self' | 'claim'>,
  signal: AbortSignal,
): Promise<void> {
  const release = await options.claim()
  if (release === null) throw new Error('Another operation changes this data centre.')
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
  tellNode: ClockGuardOptions['tellNode'],
): Promise<void> {
  await tellNode(self, ['CONFIG', 'SET', 'replica-priority', String(priority)])
  // Sentinel may have written a 0 to the file. The 0 itself is not written: Redis starts with the planned one.
  if (priority > 0) await tellNode(self, ['CONFIG', 'REWRITE'])
}

async function lookAround(options: ClockGuardOptions): Promise<ClockLook> {
  const { self, all, plannedPriority, plannedSentinels, tellNode } = options
  const priorities = new Map<string, number>()
  const [readings, views, answers] = await Promise.all([
    Promise.all(
      all.map(async (node): Promise<ClockReading[]> => {
        try {
          const address = formatAddress(node)
          const aheadMs = await readClock(node, tellNode)
          const reply = await tellNode(node, ['CONFIG', 'GET', 'replica-priority'])
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

/** How far a node's clock is ahead of this process's (in milliseconds), as precisely as the answer was quick. */
async function readClock(node: NodeAddress, tellNode: ClockGuardOptions['tellNode']): Promise<number> {
  const beforeMs = Date.now()
  const reply = await tellNode(node, ['TIME'])
  const middleMs = (beforeMs + Date.now()) / 2
  const [seconds, micros] = Array.isArray(reply) ? reply.map((part) => Number(String(part))) : []
  const aheadMs = Number(seconds) * 1000 + Number(micros) / 1000 - middleMs
  if (!Number.isFinite(aheadMs)) throw new Error(`${formatAddress(node)} does not say what time it is.`)
  return aheadMs
}
