import { setTimeout as sleep } from 'node:timers/promises'
import { parseAddress } from '@holdfast/tokens/redis'
import { ClusterError } from '../errors.ts'
import { namedByMajority, type SentinelAnswer } from '../redis/sentinels.ts'
import type { Timings } from '../topology/topology.ts'
import type { DataFiles } from './data-files.ts'
import type { StartContext } from './managed-process.ts'

/** What is known before a Redis of a data centre that held data starts. */
export interface StartSituation {
  /** `host:port` of the Redis that is to start. */
  self: string
  /** Its data set is there. */
  dataThere: boolean
  /** The primary that a majority of the live Sentinels names. */
  named: string | null
  /** The primary that the Sentinels' files name. */
  inFiles: string | null
  /** A failover to another node is under way, or may still begin. */
  failoverMayCome: boolean
  /** Its append-only file is damaged: Redis would not start with it. */
  isDamaged: boolean
  /** The primary that answers and has the data centre's data; asked for only by a damaged one. */
  source: string | null
}

export type StartDecision =
  | { kind: 'replica'; of: string }
  /** As a replica without data: the damaged files are moved aside first. */
  | { kind: 'copy'; of: string }
  | { kind: 'primary' }
  /** Ask again soon: a failover is likely. */
  | { kind: 'wait' }
  /** Ask again until another primary is named: as a primary it would wipe the others' data. */
  | { kind: 'hold' }

/**
 * How a Redis may start so that there are never two primaries, and never an empty one.
 *
 * The Sentinels' word counts; where no majority of them answers, their files' word. Who is named as primary and
 * has crashed waits for the failover; who is named as primary and has lost its data waits without limit, because
 * the replicas would copy its emptiness. One whose files are damaged waits until a primary that has the data can be
 * copied.
 * INV-AGENT-1, INV-AGENT-5.
 */
export function decideStart(situation: StartSituation): StartDecision {
  const { self, dataThere, named, inFiles, failoverMayCome, isDamaged, source } = situation
  const follow = (of: string): StartDecision => {
    if (!isDamaged) return { kind: 'replica', of }
    return of === source ? { kind: 'copy', of } : { kind: 'hold' }
  }
  if (named !== null && named !== self) return follow(named)
  if (named === null && failoverMayCome) return { kind: isDamaged ? 'hold' : 'wait' }
  const primary = named ?? inFiles ?? self
  if (primary !== self) return follow(primary)
  if (!dataThere || isDamaged) return { kind: 'hold' }
  return failoverMayCome ? { kind: 'wait' } : { kind: 'primary' }
}

export interface GuardOptions {
  self: string
  timings: Limits
  /** The data centre held data before: from now on an empty primary is a loss. */
  initialised: () => boolean
  dataSetIsThere: () => Promise<boolean>
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  primaryInFiles: () => Promise<string | null>
  /** Another Redis has been running since before the moment (`performance.now()`): it could take over. */
  othersRunSince: (ms: number) => boolean
  /** Ends the watchdog that this Redis' crash has called, and waits until it has: it asks for no failover any more. */
  endWatchdog: () => Promise<void>
  files: Pick<DataFiles, 'problemOfUsers' | 'damage' | 'moveAside'>
  /** `host:port` of the one primary that answers and has the data centre's data, or null. */
  primaryWithData: () => Promise<string | null>
  /** The machine lost power: the data lacks the last seconds, which another Redis may have. */
  lostPower?: boolean
  /** Asks for the failover of this Redis until the signal aborts. Absent: somebody else does. */
  askForFailover?: (signal: AbortSignal) => Promise<unknown>
}

type Limits = Pick<Timings, 'downAfterMs' | 'failoverTimeoutMs'>

const ASK_AGAIN_MS = 50
const LOST_DATA = 'This Redis was primary and has lost its data: it waits until another one is promoted.'

/** The longest that a failover may take to begin and to end (in milliseconds). */
export const failoverLimitMs = ({ downAfterMs, failoverTimeoutMs }: Limits) =>
  2 * downAfterMs + failoverTimeoutMs

/**
 * Waits until this Redis may start, and answers with what arguments. Rejects when the signal aborts.
 * INV-AGENT-4.
 */
export async function guardStart(options: GuardOptions, context: StartContext): Promise<readonly string[]> {
  const asking = new AbortController()
  const signal = AbortSignal.any([context.signal, asking.signal])
  let asked: Promise<unknown> | null = null
  const watchdog = {
    askForFailover: () => {
      asked ??= options.askForFailover?.(signal).catch(() => {}) ?? null
    },
    end: async () => {
      asking.abort()
      await Promise.all([asked, options.endWatchdog()])
    },
  }
  try {
    return await untilItMayStart(options, context, watchdog)
  } finally {
    asking.abort()
    await asked
  }
}

async function untilItMayStart(
  options: GuardOptions,
  context: StartContext,
  watchdog: { askForFailover: () => void; end: () => Promise<void> },
): Promise<readonly string[]> {
  const { endedAtMs, signal } = context
  let watchdogEnded = endedAtMs === null
  for (;;) {
    const users = await options.files.problemOfUsers()
    if (users !== null) {
      context.hold(users)
      await sleep(ASK_AGAIN_MS, undefined, { signal })
      continue
    }
    const damage = await options.files.damage(signal)
    if (!options.initialised() && damage === null) return []
    const { situation, othersCouldTakeOver } = await seeSituation(options, context, damage !== null)
    signal.throwIfAborted()
    const decision = decideStart(situation)
    if (decision.kind === 'primary') {
      if (watchdogEnded) return ['--replicaof', 'no', 'one']
      // It may have got a failover accepted a moment ago: ask once more after its end.
      await watchdog.end()
      watchdogEnded = true
      continue
    }
    if (decision.kind === 'copy') await options.files.moveAside()
    if (decision.kind === 'replica' || decision.kind === 'copy') {
      return ['--replicaof', ...followArguments(decision.of)]
    }
    if (decision.kind === 'hold') context.hold(damage ?? LOST_DATA)
    if (othersCouldTakeOver) watchdog.askForFailover()
    await sleep(ASK_AGAIN_MS, undefined, { signal })
  }
}

/** The arguments of `replicaof`, which takes an IPv6 address without brackets. */
function followArguments(of: string): [host: string, port: string] {
  const primary = parseAddress(of)
  if (primary === null) throw new ClusterError('STATE_UNUSABLE', `"${of}" is not the address of a primary.`)
  return [primary.host, String(primary.port)]
}

async function seeSituation(
  options: GuardOptions,
  { endedAtMs }: StartContext,
  isDamaged: boolean,
): Promise<{ situation: StartSituation; othersCouldTakeOver: boolean }> {
  const [answers, dataThere, inFiles, source] = await Promise.all([
    options.sentinelAnswers(),
    options.dataSetIsThere(),
    options.primaryInFiles(),
    isDamaged ? options.primaryWithData() : null,
  ])
  const named = namedByMajority(answers)
  const othersCouldTakeOver = endedAtMs !== null && options.othersRunSince(endedAtMs)
  const isRecent = endedAtMs !== null && performance.now() - endedAtMs < failoverLimitMs(options.timings)
  const failoverMayCome =
    answers.some(({ failingOver }) => failingOver) ||
    (othersCouldTakeOver && isRecent) ||
    // After a power cut time proves nothing: it waits for the word of a majority, and for one that has more.
    (options.lostPower === true && (othersCouldTakeOver || named === null))
  return {
    situation: { self: options.self, dataThere, named, inFiles, failoverMayCome, isDamaged, source },
    othersCouldTakeOver,
  }
}
