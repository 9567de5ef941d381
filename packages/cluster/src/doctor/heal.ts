import { setTimeout as sleep } from 'node:timers/promises'
import { inTurn } from '../operate/lock.ts'
import { type AnyDataCentre, type DataCentrePlace, openDataCentre } from '../operate/open.ts'
import { stopIfAborted } from './abort.ts'
import { type DoctorReport, type ExamineOptions, examineOpen } from './examine.ts'
import type { Diagnosis } from './finding.ts'
import { type MendOutcome, mendAll } from './mend.ts'

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
 * most. What is found even then was not mended. See `examine` and `mend` for what it throws and leaves alone.
 */
export async function heal(place: DataCentrePlace, options: ExamineOptions = {}): Promise<HealReport> {
  const open = () => openDataCentre(place)
  // Before it looks: what a switchover does on purpose is none of its findings.
  return inTurn(open, 'doctor --fix', (dataCentre) => healAlone(place, dataCentre, options))
}

async function healAlone(
  place: DataCentrePlace,
  dataCentre: AnyDataCentre,
  options: ExamineOptions,
): Promise<HealReport> {
  const before = await examineOpen(dataCentre, options)
  const outcomes = await mendAll(dataCentre, before.findings, options)
  if (outcomes.length === 0) return { outcomes, report: before }
  const mended = outcomes.filter(({ problem }) => problem === null).map(({ finding }) => finding)
  const untilMs = performance.now() + SETTLE_MS
  for (;;) {
    // Opened again: passwords may be others now.
    const report = await examineOpen(await openDataCentre(place), options)
    const left = mended.filter((one) => again(one, report) !== undefined)
    if (left.length === 0) return { outcomes, report }
    if (performance.now() > untilMs) {
      return { outcomes: outcomes.map((outcome) => withoutEffect(outcome, report)), report }
    }
    await sleep(LOOK_AGAIN_MS)
    stopIfAborted(options.signal)
  }
}

/** The finding of a report that is the same as one from before. */
const again = ({ check, subject }: Diagnosis, { findings }: DoctorReport): Diagnosis | undefined =>
  findings.find((finding) => check === finding.check && subject === finding.subject)

/** What was done and changed nothing is not mended. */
function withoutEffect(outcome: MendOutcome, report: DoctorReport): MendOutcome {
  const left = outcome.problem === null ? again(outcome.finding, report) : undefined
  return left === undefined
    ? outcome
    : { ...outcome, problem: `It was done, and is found again: ${left.evidence}` }
}
