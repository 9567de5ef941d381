import {
  type DrillFault,
  type DrillOptions,
  type DrillReport,
  readDrillObjectives,
  rehearse,
  repeatDrill,
  runDrill,
} from '@holdfast/cluster'
import { addUsersWithSamePassword, removeUsers } from '@holdfast/gateway/files'
import { UsageError } from '../command.ts'
import type { LocateOptions } from '../commands/locate.ts'
import { faultOf } from '../drill/options.ts'
import { type ReportContents, reportPage } from '../drill/page/page.ts'
import { RehearsalScreen } from '../drill/rehearsal-screen.ts'
import { rehearsalText } from '../drill/rehearsal-text.ts'
import { repeatHead, repeatLine, repeatText } from '../drill/repeat-text.ts'
import { ReportFile } from '../drill/report-file.ts'
import { reportText } from '../drill/report-text.ts'
import { DrillScreen } from '../drill/screen.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { stateDirOf } from '../place.ts'
import { abortOnSignals } from '../up/signals.ts'

export interface DrillCommandOptions extends LocateOptions {
  all?: boolean
  only?: string[]
  except?: string[]
  repeat?: number
  slo?: string
  report?: string
  for?: number
  users?: number
  rate?: number
  logins?: number
  json?: boolean
}

/** Runs one drill, one again and again, or all of them. Throws `UsageError`, and what `runDrill` throws. */
export async function drill(options: DrillCommandOptions): Promise<ExitCode> {
  const fault = faultOf({ ...options })
  assertOneMode(options, fault)
  const stateDir = stateDirOf(options)
  const reportFile = options.report === undefined ? null : await ReportFile.open(options.report)
  const { signal } = abortOnSignals()
  const common: DrillOptions = {
    stateDir,
    accounts: { add: addUsersWithSamePassword, remove: removeUsers },
    ...(options.slo === undefined ? {} : { objectives: await readDrillObjectives(options.slo, stateDir) }),
    ...(options.users === undefined ? {} : { users: options.users }),
    ...(options.rate === undefined ? {} : { requestsPerSecond: options.rate }),
    ...(options.logins === undefined ? {} : { loginsPerSecond: options.logins }),
    signal,
  }
  const isRehearsal = options.all === true || options.only !== undefined || options.except !== undefined
  const single: DrillOptions = {
    ...common,
    ...(fault === null ? {} : { fault }),
    ...(options.for === undefined ? {} : { lastsMs: options.for }),
  }
  const { ok, contents } = isRehearsal
    ? await runAll(common, options)
    : options.repeat === undefined
      ? await runOne(single, options)
      : await runAgain(single, options.repeat, options)
  if (reportFile !== null && contents.reports.length > 0) {
    await reportFile.write(reportPage(contents))
    screenOf(options).write(`  The report is in ${reportFile.path}.\n\n`)
  }
  return ok ? EXIT.ok : EXIT.failed
}

interface Outcome {
  ok: boolean
  contents: ReportContents
}

/** With --json what a person reads goes to standard error. */
const screenOf = ({ json }: DrillCommandOptions) => (json ? process.stderr : process.stdout)

async function runOne(drill: DrillOptions, options: DrillCommandOptions): Promise<Outcome> {
  const screen = new DrillScreen(screenOf(options))
  let report: DrillReport
  try {
    report = await runDrill({ ...drill, onProgress: (progress) => screen.show(progress) })
  } finally {
    screen.end()
  }
  console.log(options.json ? JSON.stringify(report) : reportText(report))
  const { ok, problems } = report
  return { ok, contents: { reports: [report], summary: null, notMade: [], problems, data: report } }
}

async function runAgain(drill: DrillOptions, times: number, options: DrillCommandOptions): Promise<Outcome> {
  const stream = screenOf(options)
  stream.write(`${repeatHead}\n`)
  const report = await repeatDrill(drill, times, (run, number) => {
    stream.write(`${repeatLine(run, number)}\n`)
  })
  console.log(options.json ? JSON.stringify(report) : repeatText(report))
  const { ok, problems, runs, summary } = report
  const notMade = Array.from({ length: times - runs.length }, (_, index) => `Run ${runs.length + index + 1}`)
  return { ok, contents: { reports: runs, summary, notMade, problems, data: report } }
}

async function runAll(drill: DrillOptions, options: DrillCommandOptions): Promise<Outcome> {
  const screen = new RehearsalScreen(screenOf(options))
  try {
    const report = await rehearse({
      ...drill,
      ...(options.only === undefined ? {} : { only: options.only }),
      ...(options.except === undefined ? {} : { except: options.except }),
      onPlan: (plan) => screen.plan(plan),
      onProgress: (progress, place) => screen.show(progress, place),
      onReport: (one, place) => screen.report(one, place),
    })
    screen.end()
    console.log(options.json ? JSON.stringify(report) : rehearsalText(report))
    return { ok: report.ok, contents: { ...report, summary: null, data: report } }
  } finally {
    screen.end()
  }
}

/** Throws `UsageError` for options that do not go together. */
function assertOneMode(
  { all, only, except, repeat, ...rest }: DrillCommandOptions,
  fault: DrillFault | null,
): void {
  const isRehearsal = all === true || only !== undefined || except !== undefined
  if (!isRehearsal) return
  if (fault !== null) throw new UsageError('A rehearsal (--all, --only, --except) chooses its faults itself')
  if (repeat !== undefined) throw new UsageError('Give --all or --repeat, not both')
  if (rest.for !== undefined) throw new UsageError('--for is for one fault, not for a rehearsal')
}
