import { type LoggedAttempt, sinceMs, waitMs, withAttempt, withoutAttempt } from '../../record/attempt-log.ts'
import type { GiveBackRequest, Taken, TakeRequest } from './requests.ts'

const SWEEP_PERIOD_MS = 1000

/** Logs of attempts in the memory of this process. Does what scripts/take.lua and give-back.lua do in Redis. */
export class MemoryAttempts {
  readonly #logs = new Map<string, { log: LoggedAttempt[]; endsAtMs: number }>()
  #sweepAtMs = 0

  take({ id, nowMs, limits }: TakeRequest): Taken {
    this.#forgetEnded(nowMs)
    const logs = limits.map(({ key, windowMs }) => sinceMs(this.#logs.get(key)?.log ?? [], nowMs - windowMs))
    const isCounted = (log: LoggedAttempt[] = []) => log.some((attempt) => attempt.id === id)
    let refused: Extract<Taken, { allowed: false }> | null = null
    for (const [limit, bounds] of limits.entries()) {
      const log = logs[limit] ?? []
      const retryAfterMs = isCounted(log) ? 0 : waitMs(log, bounds, nowMs)
      if (retryAfterMs > (refused?.retryAfterMs ?? 0)) refused = { allowed: false, limit, retryAfterMs }
    }
    if (refused !== null) return refused
    for (const [place, { key, windowMs }] of limits.entries()) {
      const log = logs[place] ?? []
      if (isCounted(log)) continue
      this.#logs.set(key, { log: withAttempt(log, id, nowMs), endsAtMs: nowMs + windowMs })
    }
    return { allowed: true }
  }

  giveBack({ id, logs }: GiveBackRequest): void {
    for (const { key, older } of logs) {
      const kept = this.#logs.get(key)
      if (kept === undefined) continue
      kept.log = withoutAttempt(kept.log, id, older)
      if (kept.log.length === 0) this.#logs.delete(key)
    }
  }

  /** At most once a second, because it looks at every log. */
  #forgetEnded(nowMs: number): void {
    if (nowMs < this.#sweepAtMs) return
    this.#sweepAtMs = nowMs + SWEEP_PERIOD_MS
    for (const [key, { endsAtMs }] of this.#logs) {
      if (endsAtMs <= nowMs) this.#logs.delete(key)
    }
  }
}
