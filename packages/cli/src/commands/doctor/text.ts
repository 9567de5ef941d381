import type { DoctorReport } from '@holdfast/operations/doctor/examine'
import type { Diagnosis } from '@holdfast/operations/doctor/finding'
import type { FixOutcome } from '@holdfast/operations/doctor/fix'
import type { Origin } from '@holdfast/operations/doctor/origin'
import type { Severity } from '@holdfast/site/file/finding'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { duration, plural } from '../../terminal/format.ts'
import { paragraph } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

const INDENT = 4
const LABEL_WIDTH = 10

/** The screen of `holdfast doctor`: the findings of each check together. `fixCommand` is the command to suggest. */
export function doctorText(report: DoctorReport, fixCommand: string | null): string {
  const { findings, tookMs } = report
  const groups = [...new Set(findings.map(({ check }) => check))].map((id) =>
    findings.filter(({ check }) => check === id),
  )
  const fixable = findings.filter(({ fix, notNow }) => fix !== undefined && notNow === undefined).length
  return [
    '',
    ...groups.map(groupText),
    `  ${verdict(report)}  ${paint.faint(duration(tookMs))}`,
    ...notExaminedLines(report).map((line) => paragraph(line, INDENT)),
    ...(findings.length > 0 ? ['', ...fixText(report, fixable, fixCommand)] : []),
    '',
  ].join('\n')
}

/** How many checks passed. A check that could not look everywhere has not passed. */
function verdict({ name, checks, findings, notExamined }: DoctorReport): string {
  const found = new Set(findings.map(({ check }) => check))
  const unexamined = notExamined.filter(({ check }) => !found.has(check)).length
  const passed = checks.length - found.size - unexamined
  const which = found.size === 0 ? 'checks' : 'other checks'
  const mark = unexamined === 0 ? paint.good('✓') : paint.warning('!')
  const rest =
    unexamined === 0 ? `${passed} ${which} passed` : `${passed} ${which} passed, ${unexamined} not examined`
  return `${mark} ${paint.strong(name)}  ${rest}`
}

/** What the checks could not examine and why, including checks that found something elsewhere. */
const notExaminedLines = ({ notExamined }: DoctorReport): string[] =>
  [...new Set(notExamined.flatMap(({ because }) => because))].map((because) => `Not examined: ${because}`)

function fixText({ findings, origin }: DoctorReport, fixable: number, fixCommand: string | null): string[] {
  if (!origin.byHoldfast) {
    return [
      paragraph(`--fix changes nothing here: Holdfast did not set up these processes. ${origin.because}`, 2),
    ]
  }
  if (fixable === 0 || fixCommand === null) return []
  return [`  To fix ${fixable} of ${plural(findings.length, 'finding')}:  ${fixCommand}`]
}

/** The result of `--fix`, and why it was allowed to change anything. */
export function outcomesText(outcomes: readonly FixOutcome[], origin: Origin): string {
  const lines = outcomes.map(({ finding: { subject, title }, problem }) =>
    problem === null
      ? `  ${paint.good('fixed')}      ${subject}: ${title}`
      : `  ${paint.warning('not fixed')}  ${subject}: ${title}. ${problem}`,
  )
  const setUp = origin.byHoldfast
    ? `Holdfast set up these processes: ${origin.because}`
    : `Holdfast did not set up these processes: ${origin.because}`
  return ['', paragraph(setUp, 2), ...lines].join('\n')
}

const MARKS: Record<Severity, string> = {
  error: paint.bad('✗ error'),
  warning: paint.warning('! warning'),
  info: paint.accent('i info'),
}

function groupText(findings: readonly Diagnosis[]): string {
  const [first] = findings
  if (first === undefined) return ''
  const fixes = [...new Set(findings.map(({ mend }) => mend))].flatMap((mend) => mend.split('\n'))
  return [
    `  ${MARKS[first.severity]}  ${paint.strong(first.title)}  ${paint.faint(first.check)}`,
    ...findings.map(({ subject, evidence }) => paragraph(`${subject}: ${evidence}`, INDENT)),
    labelled('why', paragraph(first.why, LABEL_WIDTH)),
    labelled('fix', fixes.map(fixLine).join('\n')),
    '',
  ].join('\n')
}

/** Puts the label before the first of the indented lines. */
const labelled = (label: string, lines: string) =>
  `${' '.repeat(INDENT)}${paint.faint(label.padEnd(LABEL_WIDTH - INDENT))}${lines.trimStart()}`

const COMMANDS = ['holdfast', 'redis-cli', 'chmod']

/** Keeps a command on one line, so that it can be copied. */
function fixLine(line: string): string {
  const isCommand = COMMANDS.some((name) => line.startsWith(`${name} `))
  return isCommand ? `${' '.repeat(LABEL_WIDTH)}${paint.accent(line)}` : paragraph(line, LABEL_WIDTH)
}

/** The exit code of the report. A check that was not examined ranks above a warning, because it may be an error. */
export function exitCodeOf({ findings, notExamined }: DoctorReport): ExitCode {
  if (findings.some(({ severity }) => severity === 'error')) return EXIT.failed
  if (notExamined.length > 0) return EXIT.notExamined
  return findings.some(({ severity }) => severity === 'warning') ? EXIT.warnings : EXIT.ok
}
