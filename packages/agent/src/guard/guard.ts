import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '@holdfast/site/errors'
import type { Timings } from '@holdfast/site/topology/topology'
import { parseAddress } from '@holdfast/tokens/redis'
import { namedByMajority, type SentinelAnswer } from '../redis/sentinels.ts'
import type { DataFiles } from './data-files.ts'

/** The situation before the start of a Redis whose data centre held data. */
export interface StartSituation {
  /** `host:port` of the Redis that is about to start. */
  self: string
  /** The Redis has its data set. */
  dataThere: boolean
  /** The primary that a majority of the Sentinels names. */
  named: string | null
  /** The primary in the Sentinels' files. */
  inFiles: string | null
  /** A failover to another node is under way or may still start. */
  failoverMayCome: boolean
  /** The append-only file is damaged: Redis would not start with it. */
  isDamaged: boolean
  /** A primary that answers and has the data centre's data. Set only when `isDamaged`. */
  copySource: string | null
}

export type StartDecision =
  | { kind: 'replica'; of: string }
  /** Start as a replica without data, after the damaged files are moved aside. */
  | { kind: 'copy'; of: string }
  | { kind: 'primary' }
  /** Check again soon: a failover is likely. */
  | { kind: 'wait' }
  /** Check again until another primary is named: as a primary, this Redis would wipe the data of the others. */
  | { kind: 'hold' }

/**
 * Decides how a Redis may start so that there are never two primaries, and never an empty primary. Pure.
 *
 * The Sentinels name the primary; without a majority of them, their files do. A named primary that has crashed waits for
 * the failover. A named primary that has lost its data waits without a limit, because the replicas would copy the empty
 * data set. A Redis with damaged files waits until it can copy a primary that has the data.
 * INV-AGENT-1, INV-AGENT-5.
 */
export function decideStart(situation: StartSituation): StartDecision {
  const { self, dataThere, named, inFiles, failoverMayCome, isDamaged, copySource } = situation
  const follow = (of: string): StartDecision => {
    if (!isDamaged) return { kind: 'replica', of }
    return of === copySource ? { kind: 'copy', of } : { kind: 'hold' }
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
  /** Whether the data centre held data before. An empty primary would then be data loss. */
  initialised: () => boolean
  hasDataSet: () => Promise<boolean>
  sentinelAnswers: () => Promise<SentinelAnswer[]>
  primaryInFiles: () => Promise<string | null>
  /** Whether another Redis has been running since before this time (`performance.now()`), and could take over. */
  othersRunSince: (ms: number) => boolean
  /** Ends the watchdog of this Redis' crash, and waits for its end. After that it requests no failover. */
  endWatchdog: () => Promise<void>
  files: Pick<DataFiles, 'aclProblem' | 'damage' | 'moveAside'>
  /** `host:port` of the only primary that answers, if it has the data centre's data; otherwise null. */
  primaryWithData: () => Promise<string | null>
  /** The machine lost power. The data may lack the last seconds, which another Redis may have. */
  lostPower?: boolean
  /** Requests the failover of this Redis until the signal aborts. Absent: another process requests it. */
  askForFailover?: (signal: AbortSignal) => Promise<unknown>
}

/** One start of a Redis, for the guard to decide about. */
export interface StartContext {
  /** When the previous process ended (`performance.now()`); null at the first start. */
  endedAtMs: number | null
  signal: AbortSignal
  /** Shows the process as held. `why` is a sentence or two that also say what to do. */
  hold: (why: string) => void
}

type Limits = Pick<Timings, 'downAfterMs' | 'failoverTimeoutMs'>

const POLL_INTERVAL_MS = 50
const LOST_DATA =
  'This Redis was primary and has lost its data: it waits until Sentinel promotes another Redis.'

/** The longest time, in milliseconds, in which a failover may start and end. */
export const failoverLimitMs = ({ downAfterMs, failoverTimeoutMs }: Limits) =>
  2 * downAfterMs + failoverTimeoutMs

/**
 * Waits until this Redis may start, and returns the arguments to start it with. Rejects when the signal aborts.
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
    return await waitUntilStartIsAllowed(options, context, watchdog)
  } finally {
    asking.abort()
    await asked
  }
}

async function waitUntilStartIsAllowed(
  options: GuardOptions,
  context: StartContext,
  watchdog: { askForFailover: () => void; end: () => Promise<void> },
): Promise<readonly string[]> {
  const { endedAtMs, signal } = context
  let watchdogEnded = endedAtMs === null
  for (;;) {
    const users = await options.files.aclProblem()
    if (users !== null) {
      context.hold(users)
      await sleep(POLL_INTERVAL_MS, undefined, { signal })
      continue
    }
    const damage = await options.files.damage(signal)
    if (!options.initialised() && damage === null) return []
    const { situation, othersCouldTakeOver } = await observeSituation(options, context, damage !== null)
    signal.throwIfAborted()
    const decision = decideStart(situation)
    if (decision.kind === 'primary') {
      if (watchdogEnded) return ['--replicaof', 'no', 'one']
      // A Sentinel may just have accepted a failover from the watchdog: check once more after its end.
      await watchdog.end()
      watchdogEnded = true
      continue
    }
    if (decision.kind === 'copy') await options.files.moveAside()
    if (decision.kind === 'replica' || decision.kind === 'copy') {
      return ['--replicaof', ...replicaOfArguments(decision.of)]
    }
    if (decision.kind === 'hold') context.hold(damage ?? LOST_DATA)
    if (othersCouldTakeOver) watchdog.askForFailover()
    await sleep(POLL_INTERVAL_MS, undefined, { signal })
  }
}

/** The arguments of `replicaof`, which expects an IPv6 address without brackets. */
function replicaOfArguments(of: string): [host: string, port: string] {
  const primary = parseAddress(of)
  if (primary === null) throw new ClusterError('STATE_UNUSABLE', `"${of}" is not the address of a primary.`)
  return [primary.host, String(primary.port)]
}

async function observeSituation(
  options: GuardOptions,
  { endedAtMs }: StartContext,
  isDamaged: boolean,
): Promise<{ situation: StartSituation; othersCouldTakeOver: boolean }> {
  const [answers, dataThere, inFiles, copySource] = await Promise.all([
    options.sentinelAnswers(),
    options.hasDataSet(),
    options.primaryInFiles(),
    isDamaged ? options.primaryWithData() : null,
  ])
  const named = namedByMajority(answers)
  const othersCouldTakeOver = endedAtMs !== null && options.othersRunSince(endedAtMs)
  const isRecent = endedAtMs !== null && performance.now() - endedAtMs < failoverLimitMs(options.timings)
  const failoverMayCome =
    answers.some(({ failingOver }) => failingOver) ||
    (othersCouldTakeOver && isRecent) ||
    // After a power cut the elapsed time proves nothing: wait for a majority of Sentinels, and for a Redis with more data.
    (options.lostPower === true && (othersCouldTakeOver || named === null))
  return {
    situation: { self: options.self, dataThere, named, inFiles, failoverMayCome, isDamaged, copySource },
    othersCouldTakeOver,
  }
}
