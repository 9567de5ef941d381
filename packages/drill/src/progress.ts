import type { AcknowledgedSessions } from './acknowledged-sessions.ts'
import type { LoadMetrics } from './load-metrics.ts'
import type { DrillProgress } from './options.ts'

const REPORT_INTERVAL_MS = 200

export interface ProgressReporter {
  /** Reports that a phase begins. */
  enter(phase: DrillProgress['phase'], event: string): void
  /** Reports an event. */
  say(event: string): void
  end(): void
}

export interface ProgressOptions {
  metrics: LoadMetrics
  sessions: AcknowledgedSessions
  users: number
  /** Counts of the plain Redis clients, once they run. */
  redis: () => DrillProgress['redis']
  onProgress: ((progress: DrillProgress) => void) | undefined
}

/** Reports the progress of a drill at each event, and its counts a few times per second. */
export function reportProgress({
  metrics,
  sessions,
  users,
  redis,
  onProgress,
}: ProgressOptions): ProgressReporter {
  let phase: DrillProgress['phase'] = 'prepare'
  const report = (event: string | null) =>
    onProgress?.({
      phase,
      event,
      elapsedMs: Math.round(performance.now() - metrics.startedAtMs),
      users,
      loggedIn: sessions.acknowledged,
      requests: metrics.requests,
      failedRequests: metrics.failedRequests,
      loggedOut: sessions.loggedOutIds.length,
      waitingLogins: metrics.waitingLogins,
      longestVerifyMs: Math.round(metrics.verify.longestMs),
      longestLoginMs: Math.round(metrics.login.longestMs),
      redis: redis(),
    })
  const timer = setInterval(() => report(null), REPORT_INTERVAL_MS)
  return {
    enter(next, event) {
      phase = next
      report(event)
    },
    say: report,
    end: () => clearInterval(timer),
  }
}
