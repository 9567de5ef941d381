import type { Diagnosis, DoctorReport, MendOutcome, Severity } from '@holdfast/cluster'
import { duration, plural } from './terminal/format.ts'
import { paint } from './terminal/paint.ts'
import { paragraph } from './terminal/wrap.ts'

const INDENT = 4
const LABELLED = 10

/** The screen of `holdfast doctor`: each check that found something, once, with all that it found. `fixCommand` mends. */
export function doctorText(report: DoctorReport, fixCommand: string | null): string {
  const { name, findings, checks, tookMs } = report
  const groups = [...new Set(findings.map(({ check }) => check))].map((id) =>
    findings.filter(({ check }) => check === id),
  )
  const well = checks.length - groups.length
  const rest = groups.length === 0 ? `${well} checks, all well` : `${well} other checks, all well`
  const fixable = findings.filter(({ fix }) => fix !== undefined).length
  return [
    '',
    ...groups.map(groupText),
    `  ${paint.good('✓')} ${paint.strong(name)}  ${rest}  ${paint.faint(duration(tookMs))}`,
    ...(fixable > 0 && fixCommand !== null
      ? ['', `  ${fixable} of ${plural(findings.length, 'finding')} can be mended by  ${fixCommand}`]
      : []),
    '',
  ].join('\n')
}

/** What `--fix` has done. */
export function outcomesText(outcomes: readonly MendOutcome[]): string {
  const lines = outcomes.map(({ finding: { subject, title }, problem }) =>
    problem === null
      ? `  ${paint.good('mended')}      ${subject}: ${title}`
      : `  ${paint.warning('not mended')}  ${subject}: ${title}. ${problem}`,
  )
  return ['', ...lines].join('\n')
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
