import type { Ledger } from './ledger.ts'
import type { DrillProgress } from './options.ts'
import type { Tally } from './tally.ts'

const EVERY_MS = 200

export interface ProgressReporter {
  /** A new phase begins, with what it does. */
  enter(phase: DrillProgress['phase'], event: string): void
  /** Something happened. */
  say(event: string): void
  end(): void
}

export interface ProgressOptions {
  tally: Tally
  ledger: Ledger
  users: number
  onProgress: ((progress: DrillProgress) => void) | undefined
}

/** Tells how a drill goes on: at each event, and the counts a few times a second. */
export function reportProgress({ tally, ledger, users, onProgress }: ProgressOptions): ProgressReporter {
  let phase: DrillProgress['phase'] = 'prepare'
  const tell = (event: string | null) =>
    onProgress?.({
      phase,
      event,
      elapsedMs: Math.round(performance.now() - tally.startedAtMs),
      users,
      loggedIn: ledger.acknowledged,
      requests: tally.requests,
      failedRequests: tally.failedRequests,
      loggedOut: ledger.loggedOutIds.length,
      waitingLogins: tally.waitingLogins,
      longestVerifyMs: Math.round(tally.verify.longestMs),
      longestLoginMs: Math.round(tally.login.longestMs),
    })
  const timer = setInterval(() => tell(null), EVERY_MS)
  return {
    enter(next, event) {
      phase = next
      tell(event)
    },
    say: tell,
    end: () => clearInterval(timer),
  }
}
