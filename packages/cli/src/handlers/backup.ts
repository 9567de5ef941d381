import { backup as backUp, type RestoreProgress, restore as restoreBackup } from '@holdfast/cluster'
import { backupText, restoreText } from '../backup/report-text.ts'
import { type KeyOptions, keyOf, type LockOptions, lockOf } from '../backup/secrets.ts'
import type { PlaceOptions } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { placeOf } from '../place.ts'
import { count } from '../terminal/format.ts'
import { LiveOutput } from '../terminal/live.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'

export type BackupOptions = PlaceOptions & LockOptions & { to: string; json?: boolean }

/** Writes a backup. Throws `UsageError`, and what `backup` of the cluster throws. */
export async function backup(options: BackupOptions): Promise<ExitCode> {
  const lock = await lockOf(options)
  const { signal } = abortOnSignals()
  const live = new LiveOutput(process.stderr)
  try {
    const report = await backUp({
      ...placeOf(options),
      file: options.to,
      lock,
      onProgress: ({ records }) => live.update(paint.faint(`  ${count(records)} records read`)),
      signal,
    })
    live.end()
    console.log(options.json ? JSON.stringify(report) : backupText(report))
    return EXIT.ok
  } finally {
    live.end()
  }
}

export type RestoreOptions = PlaceOptions & KeyOptions & { json?: boolean }

/** Merges a backup. Throws `UsageError`, and what `restore` of the cluster throws. */
export async function restore(options: RestoreOptions, file: string): Promise<ExitCode> {
  const key = await keyOf(options)
  const { signal } = abortOnSignals()
  const live = new LiveOutput(process.stderr)
  try {
    const report = await restoreBackup({
      ...placeOf(options),
      file,
      key,
      onProgress: (progress) => live.update(paint.faint(`  ${progressText(progress)}`)),
      signal,
    })
    live.end()
    console.log(options.json ? JSON.stringify(report) : restoreText(report))
    return EXIT.ok
  } finally {
    live.end()
  }
}

const progressText = ({ step, records, total }: RestoreProgress) =>
  step === 'check'
    ? `${count(records)} records checked`
    : `${count(records)} of ${count(total ?? records)} records merged`
