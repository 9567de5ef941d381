import { setTimeout as sleep } from 'node:timers/promises'
import { stopIfAborted } from './abort.ts'
import { type DoctorReport, type ExamineOptions, examine } from './examine.ts'
import { type MendOutcome, mend } from './mend.ts'

export interface HealReport {
  /** What was found at first and can be mended, with what became of it. */
  outcomes: MendOutcome[]
  /** What is found afterwards. */
  report: DoctorReport
}

/** What a mend leads to, such as a new link, takes Redis and Sentinel a moment. */
const SETTLE_MS = 8000
const LOOK_AGAIN_MS = 500

/**
 * Examines, mends what can be mended without harm, and examines again until what was mended is gone, for 8 s at the
 * most. See {@link examine} and {@link mend} for what it throws and leaves alone.
 */
export async function heal(stateDir: string, options: ExamineOptions = {}): Promise<HealReport> {
  const before = await examine(stateDir, options)
  const outcomes = await mend(stateDir, before.findings, options)
  if (outcomes.length === 0) return { outcomes, report: before }
  const mended = outcomes.filter(({ problem }) => problem === null).map(({ finding }) => finding)
  const untilMs = performance.now() + SETTLE_MS
  for (;;) {
    const report = await examine(stateDir, options)
    const isStillThere = report.findings.some((finding) =>
      mended.some(({ check, subject }) => check === finding.check && subject === finding.subject),
    )
    if (!isStillThere || performance.now() > untilMs) return { outcomes, report }
    await sleep(LOOK_AGAIN_MS)
    stopIfAborted(options.signal)
  }
}
