import { type Call, okMs, status } from '../history/calls.ts'
import { addLatency, type LatencyHistogram } from './latency.ts'
import type { TokenHistory } from './token-history.ts'

/** A period of the history's time. Both ends are included. */
export interface Span {
  fromMs: number
  toMs: number
}

/** Whether a fault affected a server at any moment of a period. */
export type IsAffected = (worker: string, period: Span) => boolean

/** Which calls must be answered, and when one of them has failed. */
export interface Measured {
  isMeasured(call: Call): boolean
  hasFailed(call: Call): boolean
  /** Whether no answer could be certain. Such a call is counted apart. */
  isUndecided(call: Call): boolean
}

/** Verifications of sessions. */
export const verificationsOf = (histories: ReadonlyMap<string, TokenHistory>): Measured => ({
  isMeasured: ({ invoke }) => invoke.operation === 'verify',
  hasFailed: (call) => status(call) !== 'ok' || call.completion?.answer?.state === 'unavailable',
  isUndecided: ({ invoke, completion }) =>
    isUndecided(histories.get(invoke.token ?? ''), invoke.atMs, completion?.atMs ?? Number.POSITIVE_INFINITY),
})

/** L1: the results of verifications during a fault. */
export interface Availability {
  verifications: number
  /** *Unavailable*, errors, and calls that never ended. */
  failed: number
  /** 100 ms windows with at least one failure. */
  failedWindows: number
  latencies: LatencyHistogram
  longestMs: number
  /**
   * The 99.9th percentile in the worst second (in milliseconds). With few verifications per second this is the
   * longest.
   */
  worstSecondMs: number
  /**
   * Verifications during which a logout of the session was in progress. None of the counts above includes them.
   * Until a logout is acknowledged, a failover may undo it. So neither *active* nor *inactive* is certain, and S3
   * forbids guessing.
   */
  undecided: number
  /** The undecided verifications that returned *unavailable*, ended in an error or never ended. */
  undecidedFailed: number
}

const WINDOW_MS = 100
const SECOND_MS = 1000

/**
 * Measures the calls that clients invoked in one of the spans, on servers that no fault affected during the call: a
 * server that is killed leaves calls without an end, also those that began before the fault.
 */
export function measureAvailability(
  calls: readonly Call[],
  measured: Measured,
  spans: readonly Span[],
  isAffected: IsAffected,
): Availability {
  const result: Availability = {
    verifications: 0,
    failed: 0,
    failedWindows: 0,
    latencies: {},
    longestMs: 0,
    worstSecondMs: 0,
    undecided: 0,
    undecidedFailed: 0,
  }
  const failedWindows = new Set<number>()
  const bySecond = new Map<number, number[]>()
  for (const call of calls) {
    const { atMs, worker } = call.invoke
    if (!measured.isMeasured(call) || !spans.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs))
      continue
    const endMs = call.completion?.atMs ?? Number.POSITIVE_INFINITY
    if (isAffected(worker, { fromMs: atMs, toMs: endMs })) continue
    const failed = measured.hasFailed(call)
    if (measured.isUndecided(call)) {
      result.undecided += 1
      if (failed) result.undecidedFailed += 1
      continue
    }
    result.verifications += 1
    if (failed) {
      result.failed += 1
      failedWindows.add(Math.floor(atMs / WINDOW_MS))
    }
    if (call.completion === null) continue
    const tookMs = endMs - atMs
    addLatency(result.latencies, tookMs)
    result.longestMs = Math.max(result.longestMs, tookMs)
    const second = Math.floor(atMs / SECOND_MS)
    const others = bySecond.get(second)
    if (others === undefined) bySecond.set(second, [tookMs])
    else others.push(tookMs)
  }
  result.failedWindows = failedWindows.size
  for (const latencies of bySecond.values()) {
    latencies.sort((a, b) => a - b)
    const at = latencies[Math.ceil(latencies.length * 0.999) - 1] ?? 0
    result.worstSecondMs = Math.max(result.worstSecondMs, at)
  }
  return result
}

/**
 * Whether a logout of the session was in progress during the verification, and no logout was acknowledged before it.
 */
function isUndecided(histories: TokenHistory | undefined, atMs: number, endMs: number): boolean {
  const active = histories?.revocations.filter(({ invokedMs }) => invokedMs < endMs) ?? []
  if (active.some(({ okMs }) => okMs !== null && okMs <= atMs)) return false
  return active.some(({ call }) => (call.completion?.atMs ?? Number.POSITIVE_INFINITY) > atMs)
}

/**
 * L2: the longest period without an acknowledged login, or another kind of write, that overlaps the span of a fault (in milliseconds), on
 * servers that no fault affected. Null when too few logins surround it for a measurement.
 */
export function loginGapMs(
  calls: readonly Call[],
  { fromMs, toMs }: Span,
  isAffected: IsAffected,
  isWrite: (call: Call) => boolean = ({ invoke }) => invoke.operation === 'issue',
): number | null {
  const acknowledged = calls
    .flatMap((call) => {
      const atMs = isWrite(call) ? okMs(call) : null
      return atMs === null || isAffected(call.invoke.worker, { fromMs: atMs, toMs: atMs }) ? [] : [atMs]
    })
    .sort((a, b) => a - b)
  let longest: number | null = null
  for (const [index, atMs] of acknowledged.entries()) {
    const nextMs = acknowledged[index + 1]
    if (nextMs === undefined || nextMs < fromMs || atMs > toMs) continue
    longest = Math.max(longest ?? 0, nextMs - atMs)
  }
  return longest
}
