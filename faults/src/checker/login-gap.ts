import { type Call, okMs } from '../history/calls.ts'
import type { Span } from './span.ts'

/**
 * L2: the longest period without an acknowledged login that overlaps the span of a fault (in milliseconds), on
 * servers that no fault touched. Null when too few logins surround it for a measurement.
 */
export function loginGapMs(
  calls: readonly Call[],
  { fromMs, toMs }: Span,
  isTouched: (worker: string, atMs: number) => boolean,
): number | null {
  const acknowledged = calls
    .flatMap((call) => {
      const atMs = call.invoke.operation === 'issue' ? okMs(call) : null
      return atMs === null || isTouched(call.invoke.worker, atMs) ? [] : [atMs]
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
