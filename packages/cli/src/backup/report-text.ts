import type { BackupReport, RestoreReport } from '@holdfast/cluster'
import { count, duration, plural, size, utc } from '../terminal/format.ts'
import { paint } from '../terminal/paint.ts'
import { table } from '../terminal/table.ts'

export function backupText(report: BackupReport): string {
  const { dataCentre, file, bytes, sessions, revoked, unreadable, tookMs } = report
  const left = unreadable === 0 ? '' : `\n  ${unreadableText(unreadable)}`
  return `  ${paint.good('✓')} ${plural(sessions, 'session')} and ${plural(revoked, 'log-out')} of ${paint.strong(dataCentre)} are in ${file} (${size(bytes)}, ${duration(tookMs)}).${left}`
}

export function restoreText(report: RestoreReport): string {
  const { dataCentre, beganAt, records, restored, unreadable, tookMs } = report
  const rows: [string, number][] = [
    ['restored', restored],
    ['already there', report.alreadyThere],
    ['revoked meanwhile, and kept so', report.keptRevoked],
    ['expired meanwhile', report.expired],
    ['log-outs that were not known here', report.logOuts],
  ]
  const began = utc(Date.parse(beganAt))
  return [
    `  ${paint.good('✓')} ${plural(records, 'record')} of the backup of ${began} merged into ${paint.strong(dataCentre)} in ${duration(tookMs)}:`,
    '',
    table(
      rows.map(([what, number]) => [count(number), what]),
      { right: [0] },
    ),
    ...(unreadable === 0 ? [] : ['', `  ${unreadableText(unreadable)}`]),
    ...(restored === 0
      ? []
      : [
          '',
          `  ${paint.warning('!')} A session that was logged out after ${began} is active again if this data centre`,
          '    had lost that log-out with its data: then end it by `holdfast sessions revoke`.',
        ]),
  ].join('\n')
}

const unreadableText = (number: number) =>
  `${paint.warning('!')} ${plural(number, 'record')} could not be read: sealed with a key that is no longer in the key ring.`
