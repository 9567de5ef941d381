export interface OpenLoopOptions {
  perSecond: number
  /** Maximum of open requests. Beyond it the next ones wait, and their waiting counts. */
  maxInFlight: number
  /** Sends one request. Must not reject. `scheduledAtMs` is when it was due, on the clock of `performance.now()`. */
  send: (scheduledAtMs: number) => Promise<void>
}

export interface OpenLoop {
  /** Open requests. */
  readonly inFlight: number
  /** Schedules no further request. Resolves when all open ones have ended, with the number of those never sent. */
  stop(): Promise<{ unsent: number }>
}

const TICK_MS = 4

/**
 * Sends at a fixed rate, however slow the answers are. A closed loop would send the next request only after the last
 * answer, and so hide how many requests a slow second would have delayed ("coordinated omission").
 * INV-DRILL-4.
 */
export function startOpenLoop({ perSecond, maxInFlight, send }: OpenLoopOptions): OpenLoop {
  const startedAtMs = performance.now()
  const scheduledAt = (index: number) => startedAtMs + (index * 1000) / perSecond
  let stoppedAtMs: number | null = null
  let sent = 0
  let inFlight = 0
  let finished: (() => void) | null = null

  const dueBy = (nowMs: number) => Math.floor(((nowMs - startedAtMs) * perSecond) / 1000) + 1

  function sendDue(nowMs: number): void {
    if (stoppedAtMs !== null) return
    const due = dueBy(nowMs)
    while (sent < due && inFlight < maxInFlight) {
      inFlight += 1
      const scheduledAtMs = scheduledAt(sent)
      sent += 1
      void send(scheduledAtMs).finally(() => {
        inFlight -= 1
        if (inFlight === 0) finished?.()
      })
    }
  }

  const timer = setInterval(() => sendDue(performance.now()), TICK_MS)
  sendDue(startedAtMs)

  return {
    get inFlight() {
      return inFlight
    },
    async stop() {
      // The same moment for both: requests that become due while the last ones are sent are not scheduled.
      const nowMs = performance.now()
      sendDue(nowMs)
      stoppedAtMs ??= nowMs
      clearInterval(timer)
      if (inFlight > 0) {
        await new Promise<void>((resolve) => {
          finished = resolve
        })
      }
      return { unsent: Math.max(0, dueBy(stoppedAtMs) - sent) }
    },
  }
}
