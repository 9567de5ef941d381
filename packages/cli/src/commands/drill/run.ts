import { runDrill } from '@holdfast/drill/drill'
import type { DrillFault } from '@holdfast/drill/faults/plan'
import { readDrillObjectives } from '@holdfast/drill/objectives/read'
import type { DrillOptions } from '@holdfast/drill/options'
import { rehearse } from '@holdfast/drill/rehearsal/rehearse'
import { repeatDrill } from '@holdfast/drill/rehearsal/repeat'
import type { DrillReport } from '@holdfast/drill/report'
import { addUsersWithSamePassword, removeUsers } from '@holdfast/gateway/files'
import { UsageError } from '../../command-line/command-spec.ts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { stateDirFromOptions } from '../../data-centre/locator.ts'
import type { LocalOptions } from '../../data-centre/options.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import { faultFromOptions } from './faults.ts'
import { type ReportContents, reportPage } from './page/page.ts'
import { RehearsalScreen } from './rehearsal-screen.ts'
import { rehearsalText } from './rehearsal-text.ts'
import { repeatHead, repeatLine, repeatText } from './repeat-text.ts'
import { ReportFile } from './report-file.ts'
import { reportText } from './report-text.ts'
import { DrillScreen } from './screen.ts'

export interface DrillCommandOptions extends LocalOptions {
  all?: boolean
  only?: string[]
  except?: string[]
  repeat?: number
  slo?: string
  report?: string
  duration?: number
  users?: number
  rate?: number
  logins?: number
  redis?: boolean
  json?: boolean
}

/** Runs one drill, repeats it, or rehearses all of them. Throws `UsageError`, and what `runDrill` throws. */
export async function drill(options: DrillCommandOptions): Promise<ExitCode> {
  const fault = faultFromOptions({ ...options })
  assertOneMode(options, fault)
  const stateDir = stateDirFromOptions(options)
  const reportFile = options.report === undefined ? null : await ReportFile.open(options.report)
  const { signal } = abortOnSignals()
  const common: DrillOptions = {
    stateDir,
    accounts: { add: addUsersWithSamePassword, remove: removeUsers },
    ...(options.slo === undefined ? {} : { objectives: await readDrillObjectives(options.slo, stateDir) }),
    ...(options.users === undefined ? {} : { users: options.users }),
    ...(options.rate === undefined ? {} : { requestsPerSecond: options.rate }),
    ...(options.logins === undefined ? {} : { loginsPerSecond: options.logins }),
    ...(options.redis === true && { redis: true }),
    signal,
  }
  const isRehearsal = options.all === true || options.only !== undefined || options.except !== undefined
  const single: DrillOptions = {
    ...common,
    ...(fault === null ? {} : { fault }),
    ...(options.duration === undefined ? {} : { lastsMs: options.duration }),
  }
  const { ok, contents } = isRehearsal
    ? await runAll(common, options)
    : options.repeat === undefined
      ? await runOne(single, options)
      : await runRepeatedly(single, options.repeat, options)
  if (reportFile !== null && contents.reports.length > 0) {
    await reportFile.write(reportPage(contents))
    screenOf(options).write(`  Report: ${reportFile.path}\n\n`)
  }
  return ok ? EXIT.ok : EXIT.failed
}

interface Outcome {
  ok: boolean
  contents: ReportContents
}

/** With --json, text for people goes to standard error. */
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

async function runRepeatedly(
  drill: DrillOptions,
  times: number,
  options: DrillCommandOptions,
): Promise<Outcome> {
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

/** Throws `UsageError` for options that exclude each other. */
function assertOneMode(
  { all, only, except, repeat, duration }: DrillCommandOptions,
  fault: DrillFault | null,
): void {
  const isRehearsal = all === true || only !== undefined || except !== undefined
  if (!isRehearsal) return
  if (fault !== null)
    throw new UsageError('Give one fault, or a rehearsal (--all, --only, --except), not both')
  if (repeat !== undefined) throw new UsageError('Give --all or --repeat, not both')
  if (duration !== undefined) throw new UsageError('Give --duration with one fault, not with a rehearsal')
}
