import type { RehearsalReport } from '@holdfast/drill/rehearsal/rehearse'
import type { DrillReport } from '@holdfast/drill/report'
import { count, duration, plural, span } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { paint } from '../../terminal/paint.ts'

/** The table and the verdict at the end of `holdfast drill --all`. */
export function rehearsalText(report: RehearsalReport): string {
  const { reports, notMade } = report
  const head = [
    'fault',
    '',
    'requests',
    'failed',
    'out',
    'lost',
    'undone',
    'p99',
    'p99.9',
    'login',
    'primary',
  ]
  const rows = [...reports.map(rowOf), ...notMade.map((id) => [paint.faint(id), paint.warning('not run')])]
  return [
    '',
    table(rows, { head, right: [2, 3, 4, 5, 6, 7, 8, 9, 10] }),
    '',
    `  ${verdict(report)}`,
    ...report.problems.map((problem) => `  ${paint.bad('!')} ${problem}`),
    '',
  ].join('\n')
}

function rowOf(report: DrillReport): string[] {
  const { verifications } = report
  return [
    report.id,
    report.ok ? paint.good('ok') : paint.bad('missed'),
    count(report.requests),
    none(report.failedRequests),
    none(report.loggedOut),
    none(report.missingAcknowledged),
    none(report.undoneLogouts),
    duration(verifications.p99Ms),
    duration(verifications.p999Ms),
    duration(report.longestLoginMs),
    report.newPrimaryMs === null ? '-' : duration(report.newPrimaryMs),
  ]
}

const none = (number: number) => (number === 0 ? '0' : paint.bad(count(number)))

function verdict({ ok, reports, notMade, durationMs }: RehearsalReport): string {
  const met = reports.filter((report) => report.ok).length
  const requests = reports.reduce((sum, report) => sum + report.requests, 0)
  const all = reports.length + notMade.length
  const summary = `${met} of ${plural(all, 'fault')} met theirs, ${count(requests)} requests in ${span(durationMs)}.`
  return `${ok ? paint.good('✓ Every objective was met') : paint.bad('✗ Not every objective was met')}  ${summary}`
}
