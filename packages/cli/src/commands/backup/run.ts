import { type BackupReport, backup as createBackup } from '@holdfast/operations/backup/backup'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { locatorFromOptions } from '../../data-centre/locator.ts'
import type { LocatorOptions } from '../../data-centre/options.ts'
import { count, duration, plural, size } from '../../terminal/format.ts'
import { LiveOutput } from '../../terminal/live.ts'
import { paint } from '../../terminal/paint.ts'
import { abortOnSignals } from '../../terminal/signals.ts'
import { type LockOptions, lockFromOptions, unreadableText } from './lock.ts'

export type BackupOptions = LocatorOptions & LockOptions & { to: string; json?: boolean }

/** Writes a backup. Throws `UsageError`, and what `backup` of `@holdfast/operations` throws. */
export async function backup(options: BackupOptions): Promise<ExitCode> {
  const lock = await lockFromOptions(options)
  const { signal } = abortOnSignals()
  const live = new LiveOutput(process.stderr)
  try {
    const report = await createBackup({
      ...locatorFromOptions(options),
      file: options.to,
      lock,
      onProgress: ({ records }) => live.update(paint.faint(`  ${count(records)} records read`)),
      signal,
    })
    live.end()
    console.log(options.json ? JSON.stringify(report) : reportText(report))
    return EXIT.ok
  } finally {
    live.end()
  }
}

function reportText(report: BackupReport): string {
  const { dataCentre, file, bytes, sessions, revoked, unreadable, tookMs } = report
  const contents = `${plural(sessions, 'session')} and ${plural(revoked, 'revocation')} of ${paint.strong(dataCentre)}`
  const warning = unreadable === 0 ? '' : `\n  ${unreadableText(unreadable)}`
  return `  ${paint.good('✓')} Saved ${contents} in ${file} (${size(bytes)}, ${duration(tookMs)}).${warning}`
}
