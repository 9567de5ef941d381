import { type Call, status } from '../history/calls.ts'
import { addLatency, type LatencyHistogram } from './latency.ts'
import type { Span } from './span.ts'

/** L1: how verifications fared while a fault was on. */
export interface Availability {
  verifications: number
  /** *Unavailable*, errors, and calls that never ended. */
  failed: number
  /** 100 ms windows in which any failed. */
  failedWindows: number
  latencies: LatencyHistogram
  longestMs: number
  /** The 99.9th percentile in the worst second (in milliseconds): with few a second, its longest. */
  worstSecondMs: number
}

const WINDOW_MS = 100
const SECOND_MS = 1000

/** Counts the verifications that were invoked in one of the spans, on servers that no fault touched then. */
export function measureAvailability(
  calls: readonly Call[],
  spans: readonly Span[],
  isTouched: (worker: string, atMs: number) => boolean,
): Availability {
  const result: Availability = {
    verifications: 0,
    failed: 0,
    failedWindows: 0,
    latencies: {},
    longestMs: 0,
    worstSecondMs: 0,
  }
  const failedWindows = new Set<number>()
  const bySecond = new Map<number, number[]>()
  for (const call of calls) {
    const { operation, atMs, worker } = call.invoke
    if (operation !== 'verify' || !spans.some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs)) continue
    const endMs = call.completion?.atMs ?? Number.POSITIVE_INFINITY
    if (isTouched(worker, atMs) || isTouched(worker, endMs)) continue
    result.verifications += 1
    if (status(call) !== 'ok' || call.completion?.answer?.says === 'unavailable') {
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
