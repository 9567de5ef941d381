import type { CheckerOptions } from '../../src/checker/rule.ts'
import type { Answer, HistoryEvent, InvokeEvent } from '../../src/history/events.ts'

export const OPTIONS: CheckerOptions = { leaseMs: 1000, defaultIdleMs: 1_800_000, clockErrorMs: 0 }

type Requested = Omit<InvokeEvent, 'type' | 'atMs' | 'call' | 'process' | 'worker'>

/** Builds small histories by hand. Each method adds one call with its times. */
export class HandWritten {
  readonly events: HistoryEvent[] = []
  #calls = 0

  /** Adds a finished call, by its own process. */
  call(asked: Requested, fromMs: number, toMs: number, type: 'ok' | 'fail' | 'info', answer?: Answer): this {
    const call = `c${++this.#calls}`
    this.events.push({ type: 'invoke', atMs: fromMs, call, process: call, worker: 'w1', ...asked })
    this.events.push({ type, atMs: toMs, call, ...(answer === undefined ? {} : { answer }) })
    return this
  }

  /** Adds a call without a recorded end. */
  unfinished(asked: Requested, fromMs: number): this {
    const call = `c${++this.#calls}`
    this.events.push({ type: 'invoke', atMs: fromMs, call, process: call, worker: 'w1', ...asked })
    return this
  }

  issue(token: string, fromMs: number, toMs: number, { subject = 'ann', idleMs = 0 } = {}): this {
    const asked = { operation: 'issue' as const, subject, ...(idleMs === 0 ? {} : { idleMs }) }
    return this.call(asked, fromMs, toMs, 'ok', { token })
  }

  verify(token: string, fromMs: number, toMs: number, state: Answer['state'], reason = ''): this {
    const answer = { ...(state === undefined ? {} : { state }), reason }
    return this.call({ operation: 'verify', token }, fromMs, toMs, 'ok', answer)
  }

  revoke(token: string, fromMs: number, toMs: number, type: 'ok' | 'fail' | 'info' = 'ok'): this {
    return this.call({ operation: 'revoke', token }, fromMs, toMs, type)
  }

  /** The events in the order of time. */
  sorted(): HistoryEvent[] {
    return [...this.events].sort((a, b) => a.atMs - b.atMs)
  }
}
