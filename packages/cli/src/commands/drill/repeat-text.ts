import type { RepeatReport, Spread } from '@holdfast/drill/rehearsal/repeat'
import type { DrillReport } from '@holdfast/drill/report'
import { count, duration, plural } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

/** The titles and widths of the columns. The summary holds the other figures. */
const COLUMNS: readonly (readonly [string, number])[] = [
  ['run', 4],
  ['', 2],
  ['requests', 8],
  ['failed', 6],
  ['lost', 5],
  ['login', 6],
  ['slowest', 7],
  ['p99', 6],
  ['primary', 7],
  ['cut off', 7],
  ['own delay', 9],
  ['took', 6],
]

const line = (cells: readonly string[]) =>
  `  ${cells.map((cell, index) => cell.padStart(COLUMNS[index]?.[1] ?? 0)).join('  ')}`

/** The titles above the runs. */
export const repeatHead = paint.faint(line(COLUMNS.map(([title]) => title)))

/** One line per run. */
export function repeatLine(report: DrillReport, number: number): string {
  const { loggedOut, undoneLogouts, connections } = report
  const text = line([
    String(number),
    report.ok ? 'ok' : 'no',
    count(report.requests),
    count(report.failedRequests),
    count(report.missingAcknowledged),
    duration(report.longestLoginMs),
    duration(report.longestVerifyMs),
    duration(report.verifications.p99Ms),
    orNone(report.newPrimaryMs),
    connections === null ? '-' : count(connections.ended),
    duration(report.ownDelayMs),
    duration(report.durationMs),
  ])
  const more =
    loggedOut + undoneLogouts > 0 ? `  ${count(loggedOut)} logged out, ${count(undoneLogouts)} undone` : ''
  return report.ok ? text : paint.bad(text + more)
}

/** The summary below the runs. */
export function repeatText({ ok, problems, summary }: RepeatReport): string {
  const verdict = ok
    ? paint.good('✓ Every run met every objective')
    : paint.bad('✗ Not every objective was met')
  const rows = [
    spread('Verification p99', summary.verificationP99),
    spread('Verification p99.9', summary.verificationP999),
    spread('Longest verification', summary.longestVerify),
    spread('Longest login wait', summary.longestLogin),
    ...(summary.newPrimary ? [spread('New primary after', summary.newPrimary)] : []),
    ...(summary.acknowledging ? [spread('Acknowledges after', summary.acknowledging)] : []),
    ...(summary.operation ? [spread('The operation took', summary.operation)] : []),
    spread('Own delay of the drill', summary.ownDelay),
    spread('A run took', summary.duration),
  ]
  return [
    '',
    `  ${verdict}  ${summary.okRuns} of ${plural(summary.runs, 'run')}, ${count(summary.requests)} requests, ` +
      `${count(summary.failedRequests)} failed, ${count(summary.loggedOut)} logged out, ` +
      `${count(summary.missingAcknowledged)} lost, ${count(summary.undoneLogouts)} undone${ended(summary)}.`,
    '',
    table(rows, { head: ['', 'min', 'median', 'max'], right: [1, 2, 3] }),
    ...(problems.length > 0 ? ['', ...problems.map((problem) => `  ${paint.bad('!')} ${problem}`)] : []),
    '',
  ].join('\n')
}

const ended = ({ connections }: RepeatReport['summary']) =>
  connections === null
    ? ''
    : `, ${count(connections.ended)} of ${plural(connections.before, 'connection')} ended`

const orNone = (ms: number | null) => (ms === null ? '-' : duration(ms))

const spread = (title: string, { leastMs, medianMs, mostMs }: Spread) => [
  title,
  duration(leastMs),
  duration(medianMs),
  duration(mostMs),
]
