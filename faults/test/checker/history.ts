import type { CheckerOptions } from '../../src/checker/rule.ts'
import type { Answer, HistoryEvent, InvokeEvent } from '../../src/history/events.ts'

export const OPTIONS: CheckerOptions = { leaseMs: 1000, defaultIdleMs: 1_800_000, clockErrorMs: 0 }

type Requested = Omit<InvokeEvent, 'type' | 'atMs' | 'call' | 'process' | 'worker'>

/** Writes small histories by hand: each line one call, with its times. */
export class HandWritten {
  readonly events: HistoryEvent[] = []
  #calls = 0

  /** A call that ended in this way. Each is a process of its own. */
  call(asked: Requested, fromMs: number, toMs: number, type: 'ok' | 'fail' | 'info', answer?: Answer): this {
    const call = `c${++this.#calls}`
    this.events.push({ type: 'invoke', atMs: fromMs, call, process: call, worker: 'w1', ...asked })
    this.events.push({ type, atMs: toMs, call, ...(answer === undefined ? {} : { answer }) })
    return this
  }

  /** A call whose end was never written down. */
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

  /** In the order of time. */
  sorted(): HistoryEvent[] {
    return [...this.events].sort((a, b) => a.atMs - b.atMs)
  }
}
