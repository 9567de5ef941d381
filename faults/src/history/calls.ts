import type { CompletionEvent, HistoryEvent, InvokeEvent, MonotonicMs } from './events.ts'

/** One operation from its invocation to its end. */
export interface Call {
  invoke: InvokeEvent
  /**
   * Null when the history does not contain the end, because the process died or the run ended. This also counts as
   * `info`.
   */
  completion: CompletionEvent | null
}

export const invokedMs = (call: Call): MonotonicMs => call.invoke.atMs
export const status = ({ completion }: Call) => completion?.type ?? 'info'

/** When the call was acknowledged, or null. */
export function okMs({ completion }: Call): MonotonicMs | null {
  return completion?.type === 'ok' ? completion.atMs : null
}

/** Whether the call may have had an effect. */
export const mayHaveRun = (call: Call) => status(call) !== 'fail'

/** A history that no recorder could have written. */
export class MalformedHistoryError extends Error {}

/**
 * Joins invocations and completions, in the order of invocation. Throws `MalformedHistoryError` on a completion
 * without invocation, on a second completion, or if a process ran two calls at the same time or continued after an
 * `info`.
 */
export function joinCalls(events: readonly HistoryEvent[]): Call[] {
  const calls = new Map<string, Call>()
  const busy = new Map<string, Call>()
  for (const event of events) {
    if (event.type === 'invoke') {
      const before = busy.get(event.process)
      if (calls.has(event.call)) throw new MalformedHistoryError(`Call ${event.call} was invoked twice.`)
      if (before !== undefined) {
        throw new MalformedHistoryError(
          `${event.process} invoked ${event.call} before ${before.invoke.call} ended.`,
        )
      }
      const call: Call = { invoke: event, completion: null }
      calls.set(event.call, call)
      busy.set(event.process, call)
      continue
    }
    const call = calls.get(event.call)
    if (call === undefined) throw new MalformedHistoryError(`Call ${event.call} ended before it was invoked.`)
    if (call.completion !== null) throw new MalformedHistoryError(`Call ${event.call} ended twice.`)
    call.completion = event
    // After an `info` the process retires. The next process has a new name.
    if (event.type !== 'info') busy.delete(call.invoke.process)
  }
  return [...calls.values()]
}
