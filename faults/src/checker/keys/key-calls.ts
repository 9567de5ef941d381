import { type Call, invokedMs, mayHaveRun, okMs } from '../../history/calls.ts'
import type { KeyOperation, MonotonicMs } from '../../history/events.ts'

/** From the election of a Redis that lacks writes to the moment at which a proxy has written them again. */
export const MAX_RESEND_MS = 10_000

/** A call that ended with an answer. */
export interface Answered {
  call: Call
  invokedMs: MonotonicMs
  okMs: MonotonicMs
}

/** Calls of plain clients by what they did. Each list is in the order of invocation. */
export interface KeyCalls {
  /**
   * Whether an answer came while a proxy still had to write again what the elected Redis lacked. The answers of other
   * proxies may miss that until then (docs/proxy.md).
   */
  isDuringResend(call: Call): boolean
  of(operation: KeyOperation, key: string): readonly Call[]
  keysOf(operation: KeyOperation): string[]
}

export function gatherKeyCalls(calls: readonly Call[]): KeyCalls {
  const groups = Map.groupBy(calls, ({ invoke }) => `${invoke.operation} ${invoke.key ?? ''}`)
  const resentMs = calls.filter(({ invoke }) => invoke.operation === 'resend').map(invokedMs)
  return {
    isDuringResend: ({ invoke, completion }) =>
      resentMs.some((atMs) => invoke.atMs < atMs && (completion?.atMs ?? atMs) > atMs - MAX_RESEND_MS),
    of: (operation, key) => groups.get(`${operation} ${key}`) ?? [],
    keysOf: (operation) => [
      ...new Set(
        calls.filter(({ invoke }) => invoke.operation === operation).map(({ invoke }) => invoke.key ?? ''),
      ),
    ],
  }
}

export const answered = (calls: readonly Call[]): Answered[] =>
  calls.flatMap((call) => {
    const atMs = okMs(call)
    return atMs === null ? [] : [{ call, invokedMs: invokedMs(call), okMs: atMs }]
  })

/** Calls without a known outcome: each may have run once, at any time since its invocation. */
export const unknown = (calls: readonly Call[]): Call[] =>
  calls.filter((call) => mayHaveRun(call) && okMs(call) === null)

/** How many of the sorted numbers are below a limit. */
export function countBelow(sorted: readonly number[], limit: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < limit) low = middle + 1
    else high = middle
  }
  return low
}
