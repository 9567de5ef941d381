export interface OpenLoopOptions {
  perSecond: number
  /** Most requests under way at once. Beyond it the next ones wait, and their waiting counts. */
  maxInFlight: number
  /** One request. Must not reject. `scheduledAtMs` is when it was due, on the clock of `performance.now()`. */
  send: (scheduledAtMs: number) => Promise<void>
}

export interface OpenLoop {
  /** Requests under way. */
  readonly inFlight: number
  /** Plans no more requests and resolves when those under way are answered; then with those never sent. */
  stop(): Promise<{ unsent: number }>
}

const TICK_MS = 4

/**
 * Sends at a fixed pace, whatever the answers do. A closed loop would wait with the next request until the
 * last one is answered, and so hide how many a slow second would have held up ("coordinated omission").
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
      // One moment for both: what becomes due while the last ones are sent is not planned any more.
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
