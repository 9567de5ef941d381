import {
  type RestoreProgress,
  type RestoreReport,
  restore as restoreBackup,
} from '@holdfast/operations/backup/restore'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { locatorFromOptions } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { count, duration, plural, utc } from '../../terminal/format.ts'
import { table } from '../../terminal/layout.ts'
import { LiveOutput } from '../../terminal/live.ts'
import { paint } from '../../terminal/paint.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import { type KeyOptions, keyFromOptions, unreadableText } from '../backup/lock.ts'

export type RestoreOptions = LocatorOptions & KeyOptions & { allowUnauthenticated?: boolean; json?: boolean }

/** Merges a backup. Throws `UsageError`, and what `restore` of `@holdfast/operations` throws. */
export async function restore(options: RestoreOptions, file: string): Promise<ExitCode> {
  const key = await keyFromOptions(options)
  const { signal } = abortOnSignals()
  const live = new LiveOutput(process.stderr)
  try {
    const report = await restoreBackup({
      ...locatorFromOptions(options),
      file,
      key,
      allowUnauthenticated: options.allowUnauthenticated,
      onProgress: (progress) => live.update(paint.faint(`  ${progressText(progress)}`)),
      signal,
    })
    live.end()
    console.log(options.json ? JSON.stringify(report) : reportText(report))
    return EXIT.ok
  } finally {
    live.end()
  }
}

const progressText = ({ step, records, total }: RestoreProgress) =>
  step === 'check'
    ? `${count(records)} records checked`
    : `${count(records)} of ${count(total ?? records)} records merged`

function reportText(report: RestoreReport): string {
  const { dataCentre, beganAt, records, restored, unreadable, tookMs } = report
  const rows: [string, number][] = [
    ['restored', restored],
    ['already there', report.alreadyThere],
    ['revoked since the backup, still revoked', report.keptRevoked],
    ['expired since the backup', report.expired],
    ['revocations that were missing here', report.logOuts],
  ]
  const began = utc(Date.parse(beganAt))
  return [
    `  ${paint.good('✓')} Merged ${plural(records, 'record')} of the backup of ${began} into ${paint.strong(dataCentre)} in ${duration(tookMs)}:`,
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
          '    lost that logout with its data. End it with `holdfast sessions revoke`.',
        ]),
  ].join('\n')
}
