import { type DoctorReport, examine, type HealReport, heal } from '@holdfast/cluster'
import type { CommandSpec } from '../command.ts'
import { doctorText, outcomesText } from '../doctor-text.ts'
import { EXIT } from '../exit-codes.ts'
import { LiveOutput } from '../terminal/live.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, locateAgain, stateDirOf } from './locate.ts'

export const doctor: CommandSpec<LocateOptions & { fix?: boolean; json?: boolean }> = {
  name: 'doctor',
  summary: 'look for everything that is wrong, or would be in the next fault, and how to mend it',
  options: [
    { flags: '--fix', summary: 'mend what can be mended without harm; never beside a switchover' },
    ...LOCATE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'Without --fix it changes nothing. Exit code 0 when all is well, 1 when something is wrong, 4 when there are only',
    'warnings, 3 when nothing runs.',
  ],
  async handler(options) {
    const { report, outcomes } = await run(options)
    if (options.json) {
      const mended = outcomes.map(({ finding: { check, subject }, problem }) => ({ check, subject, problem }))
      console.log(JSON.stringify(options.fix ? { ...report, mended } : report))
    } else {
      if (outcomes.length > 0) console.log(outcomesText(outcomes))
      console.log(doctorText(report, options.fix ? null : `holdfast doctor --fix${locateAgain(options)}`))
    }
    return exitCodeOf(report)
  },
}

async function run(options: LocateOptions & { fix?: boolean }): Promise<HealReport> {
  const { signal } = abortOnSignals()
  const output = new LiveOutput(process.stderr)
  const onProgress = (text: string) => output.update(paint.faint(`  ${text}`))
  try {
    if (options.fix) return await heal(stateDirOf(options), { signal, onProgress })
    return { report: await examine(stateDirOf(options), { signal, onProgress }), outcomes: [] }
  } finally {
    output.end()
  }
}

function exitCodeOf({ findings }: DoctorReport) {
  if (findings.some(({ severity }) => severity === 'error')) return EXIT.failed
  return findings.some(({ severity }) => severity === 'warning') ? EXIT.warnings : EXIT.ok
}
