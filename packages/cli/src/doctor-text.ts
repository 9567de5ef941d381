import type { Diagnosis, DoctorReport, FixOutcome, Origin, Severity } from '@holdfast/cluster'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { duration, plural } from './terminal/format.ts'
import { paint } from './terminal/paint.ts'
import { paragraph } from './terminal/wrap.ts'

const INDENT = 4
const LABELLED = 10

/** The screen of `holdfast doctor`: each check that found something, once, with all that it found. `fixCommand` mends. */
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
    ...blindSpots(report).map((line) => paragraph(line, INDENT)),
    ...(findings.length > 0 ? ['', ...fixText(report, fixable, fixCommand)] : []),
    '',
  ].join('\n')
}

/** How many checks found nothing. One that could not look everywhere is not well. */
function verdict({ name, checks, findings, notExamined }: DoctorReport): string {
  const found = new Set(findings.map(({ check }) => check))
  const blind = notExamined.filter(({ check }) => !found.has(check)).length
  const well = checks.length - found.size - blind
  const which = found.size === 0 ? 'checks' : 'other checks'
  const mark = blind === 0 ? paint.good('✓') : paint.warning('!')
  const rest = blind === 0 ? `${well} ${which}, all well` : `${well} ${which} well, ${blind} not examined`
  return `${mark} ${paint.strong(name)}  ${rest}`
}

/** Where checks could not look, and why; also those that found something elsewhere. */
const blindSpots = ({ notExamined }: DoctorReport): string[] =>
  [...new Set(notExamined.flatMap(({ because }) => because))].map((because) => `Not examined: ${because}`)

function fixText({ findings, origin }: DoctorReport, fixable: number, fixCommand: string | null): string[] {
  if (!origin.byHoldfast) {
    return [paragraph(`Nothing here is mended by --fix: Holdfast has not set it up. ${origin.because}`, 2)]
  }
  if (fixable === 0 || fixCommand === null) return []
  return [`  ${fixable} of ${plural(findings.length, 'finding')} can be mended by  ${fixCommand}`]
}

/** What `--fix` has done, and how it knew that it may. */
export function outcomesText(outcomes: readonly FixOutcome[], origin: Origin): string {
  const lines = outcomes.map(({ finding: { subject, title }, problem }) =>
    problem === null
      ? `  ${paint.good('mended')}      ${subject}: ${title}`
      : `  ${paint.warning('not mended')}  ${subject}: ${title}. ${problem}`,
  )
  const set = origin.byHoldfast
    ? `Holdfast has set this up: ${origin.because}`
    : `Holdfast has not set this up: ${origin.because}`
  return ['', paragraph(set, 2), ...lines].join('\n')
}

const MARKS: Record<Severity, string> = {
  error: paint.bad('✗ error'),
  warning: paint.warning('! warning'),
  info: paint.accent('i info'),
}

function groupText(findings: readonly Diagnosis[]): string {
  const [first] = findings
  if (first === undefined) return ''
  const mends = [...new Set(findings.map(({ mend }) => mend))].flatMap((mend) => mend.split('\n'))
  return [
    `  ${MARKS[first.severity]}  ${paint.strong(first.title)}  ${paint.faint(first.check)}`,
    ...findings.map(({ subject, evidence }) => paragraph(`${subject}: ${evidence}`, INDENT)),
    labelled('why', paragraph(first.why, LABELLED)),
    labelled('mend', mends.map(mendLine).join('\n')),
    '',
  ].join('\n')
}

/** Puts the word before the first of the indented lines. */
const labelled = (word: string, lines: string) =>
  `${' '.repeat(INDENT)}${paint.faint(word.padEnd(LABELLED - INDENT))}${lines.trimStart()}`

const COMMANDS = ['holdfast', 'redis-cli', 'chmod']

/** A command stays on one line: it is to be copied. */
function mendLine(line: string): string {
  const isCommand = COMMANDS.some((name) => line.startsWith(`${name} `))
  return isCommand ? `${' '.repeat(LABELLED)}${paint.accent(line)}` : paragraph(line, LABELLED)
}

/** What the command says to its caller. What could not be examined is worse than a warning: it may be an error. */
export function exitCodeOf({ findings, notExamined }: DoctorReport): ExitCode {
  if (findings.some(({ severity }) => severity === 'error')) return EXIT.failed
  if (notExamined.length > 0) return EXIT.notExamined
  return findings.some(({ severity }) => severity === 'warning') ? EXIT.warnings : EXIT.ok
}
