import { setTimeout as sleep } from 'node:timers/promises'
import { namedByMajority, type SentinelAnswer } from '../redis/sentinels.ts'
import type { Timings } from '../topology/topology.ts'
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
  /** It crashed, and a failover to another node may be under way or may still begin. */
  failoverMayCome: boolean
}

export type StartDecision =
  | { kind: 'replica'; of: string }
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
 * the replicas would copy its emptiness.
 */
export function decideStart(situation: StartSituation): StartDecision {
  const { self, dataThere, named, inFiles, failoverMayCome } = situation
  if (named !== null && named !== self) return { kind: 'replica', of: named }
  if (named === null && failoverMayCome) return { kind: 'wait' }
  const primary = named ?? inFiles ?? self
  if (primary !== self) return { kind: 'replica', of: primary }
  if (!dataThere) return { kind: 'hold' }
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
}

type Limits = Pick<Timings, 'downAfterMs' | 'failoverTimeoutMs'>

const ASK_AGAIN_MS = 50

/** The longest that a failover may take to begin and to end (in milliseconds). */
export const failoverLimitMs = ({ downAfterMs, failoverTimeoutMs }: Limits) =>
  2 * downAfterMs + failoverTimeoutMs

/** Waits until this Redis may start, and answers with what arguments. Rejects when the signal aborts. */
export async function guardStart(options: GuardOptions, context: StartContext): Promise<readonly string[]> {
  const { self, timings } = options
  if (!options.initialised()) return []
  const { endedAtMs, signal } = context
  let watchdogEnded = endedAtMs === null
  for (;;) {
    const [answers, dataThere, inFiles] = await Promise.all([
      options.sentinelAnswers(),
      options.dataSetIsThere(),
      options.primaryInFiles(),
    ])
    signal.throwIfAborted()
    const decision = decideStart({
      self,
      dataThere,
      named: namedByMajority(answers),
      inFiles,
      failoverMayCome:
        endedAtMs !== null &&
        performance.now() - endedAtMs < failoverLimitMs(timings) &&
        (options.othersRunSince(endedAtMs) || answers.some(({ failingOver }) => failingOver)),
    })
    if (decision.kind === 'primary') {
      if (watchdogEnded) return ['--replicaof', 'no', 'one']
      // It may have got a failover accepted a moment ago: ask once more after its end.
      await options.endWatchdog()
      watchdogEnded = true
      continue
    }
    if (decision.kind === 'replica') {
      const colon = decision.of.lastIndexOf(':')
      return ['--replicaof', decision.of.slice(0, colon), decision.of.slice(colon + 1)]
    }
    if (decision.kind === 'hold') context.hold()
    await sleep(ASK_AGAIN_MS, undefined, { signal })
  }
}
