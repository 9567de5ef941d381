import { examine, examineAndFix, type FixReport, isDrillUser, StateFolder } from '@holdfast/cluster'
import { removeUsers } from '@holdfast/gateway/files'
import type { PlaceOptions } from '../commands/locate.ts'
import { doctorText, exitCodeOf, outcomesText } from '../doctor-text.ts'
import type { ExitCode } from '../exit-codes.ts'
import { placeAgain, placeOf, stateDirOf } from '../place.ts'
import { LiveOutput } from '../terminal/live.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'

export type DoctorOptions = PlaceOptions & { fix?: boolean; json?: boolean }

/** Examines a data centre, mends it if asked, and prints the report. Throws `UsageError`, and what `examine` and `examineAndFix` throw. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const { report, outcomes } = await run(options)
  if (options.json) {
    const mended = outcomes.map(({ finding: { check, subject }, problem }) => ({ check, subject, problem }))
    console.log(JSON.stringify(options.fix ? { ...report, mended } : report))
  } else {
    if (outcomes.length > 0) console.log(outcomesText(outcomes, report.origin))
    console.log(doctorText(report, options.fix ? null : `holdfast doctor --fix${placeAgain(options)}`))
  }
  return exitCodeOf(report)
}

async function run(options: PlaceOptions & { fix?: boolean }): Promise<FixReport> {
  const { signal } = abortOnSignals()
  const output = new LiveOutput(process.stderr)
  const onProgress = (text: string) => output.update(paint.faint(`  ${text}`))
  try {
    if (options.fix) {
      const fixed = await examineAndFix(placeOf(options), { signal, onProgress })
      const drillIsUndone = fixed.outcomes.some(
        ({ finding, problem }) => finding.check === 'drill-left-behind' && problem === null,
      )
      // Its users, too: the package of the doctor does not know the gateways' file.
      if (drillIsUndone) await removeUsers(new StateFolder(stateDirOf(options)).usersFile, isDrillUser)
      return fixed
    }
    return { report: await examine(placeOf(options), { signal, onProgress }), outcomes: [] }
  } finally {
    output.end()
  }
}
