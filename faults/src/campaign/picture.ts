import { joinCalls, okMs, status } from '../history/calls.ts'
import type { HistoryEvent } from '../history/events.ts'
import type { Timeline } from '../testbed/timeline.ts'

/** One failover as a picture shows it. Times start at the beginning of the fault (in milliseconds). */
export interface Picture {
  fault: string
  /** When the fault ended. */
  faultEndMs: number
  /** Verifications: when each was sent, how long it took, and whether it was answered. */
  verifications: [atMs: number, tookMs: number, answered: 0 | 1][]
  /** Acknowledged logins: when each was sent and acknowledged. */
  logins: [sentMs: number, acknowledgedMs: number][]
  events: [atMs: number, what: string][]
}

const BEFORE_MS = 1500
const AFTER_MS = 7000

/** Collects the events around the first fault of a run. */
export function pictureOf(events: readonly HistoryEvent[], { spans, entries }: Timeline): Picture {
  const [span] = spans
  const fromMs = span?.fromMs ?? 0
  const calls = joinCalls(events).filter(
    ({ invoke: { atMs } }) => atMs >= fromMs - BEFORE_MS && atMs <= fromMs + AFTER_MS,
  )
  const relative = (atMs: number) => Math.round((atMs - fromMs) * 10) / 10
  return {
    fault: span?.fault ?? '',
    faultEndMs: relative(span?.toMs ?? 0),
    verifications: calls.flatMap((call) => {
      const { operation, atMs } = call.invoke
      if (operation !== 'verify' || call.completion === null) return []
      const answered = status(call) === 'ok' && call.completion.answer?.state !== 'unavailable'
      return [[relative(atMs), Math.round((call.completion.atMs - atMs) * 10) / 10, answered ? 1 : 0]]
    }),
    logins: calls.flatMap((call) => {
      const acknowledgedMs = okMs(call)
      if (call.invoke.operation !== 'issue' || acknowledgedMs === null) return []
      return [[relative(call.invoke.atMs), relative(acknowledgedMs)]]
    }),
    events: entries.map(({ atMs, what }) => [relative(atMs), what]),
  }
}
