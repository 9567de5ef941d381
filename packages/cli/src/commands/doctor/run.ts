import { isDrillUser } from '@holdfast/drill/drill'
import { removeUsers } from '@holdfast/gateway/files'
import { StateFolder } from '@holdfast/local/state/folder'
import { examine } from '@holdfast/operations/doctor/examine'
import { examineAndFix, type FixReport } from '@holdfast/operations/doctor/fix'
import type { ExitCode } from '../../command-line/exit-codes.ts'
import { locatorFromOptions, stateDirFromOptions, toCliFlags } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { LiveOutput } from '../../terminal/live.ts'
import { paint } from '../../terminal/paint.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import { doctorText, exitCodeOf, outcomesText } from './text.ts'

export type DoctorOptions = LocatorOptions & { fix?: boolean; json?: boolean }

/** Examines a data centre, with `--fix` fixes it, and prints the report. Throws `UsageError`, and what `examine` and `examineAndFix` throw. */
export async function doctor(options: DoctorOptions): Promise<ExitCode> {
  const { report, outcomes } = await runDoctor(options)
  if (options.json) {
    const mended = outcomes.map(({ finding: { check, subject }, problem }) => ({ check, subject, problem }))
    console.log(JSON.stringify(options.fix ? { ...report, mended } : report))
  } else {
    if (outcomes.length > 0) console.log(outcomesText(outcomes, report.origin))
    console.log(doctorText(report, options.fix ? null : `holdfast doctor --fix${toCliFlags(options)}`))
  }
  return exitCodeOf(report)
}

async function runDoctor(options: DoctorOptions): Promise<FixReport> {
  const { signal } = abortOnSignals()
  const output = new LiveOutput(process.stderr)
  const onProgress = (text: string) => output.update(paint.faint(`  ${text}`))
  try {
    if (options.fix) {
      const fixed = await examineAndFix(locatorFromOptions(options), { signal, onProgress })
      const undidDrill = fixed.outcomes.some(
        ({ finding, problem }) => finding.check === 'drill-left-behind' && problem === null,
      )
      // Remove the users of the drill here: the package of the doctor does not know the users file of gateways.
      if (undidDrill) await removeUsers(new StateFolder(stateDirFromOptions(options)).usersFile, isDrillUser)
      return fixed
    }
    return { report: await examine(locatorFromOptions(options), { signal, onProgress }), outcomes: [] }
  } finally {
    output.end()
  }
}
