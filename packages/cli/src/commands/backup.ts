import { backup as backUp, type RestoreProgress, restore as restoreBackup } from '@holdfast/cluster'
import { backupText, restoreText } from '../backup/report-text.ts'
import { type KeyOptions, keyOf, type LockOptions, lockOf } from '../backup/secrets.ts'
import { type CommandSpec, list, type OptionSpec } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { count } from '../terminal/format.ts'
import { LiveOutput } from '../terminal/live.ts'
import { paint } from '../terminal/paint.ts'
import { abortOnSignals } from '../up/signals.ts'
import { JSON_OPTION, LOCATE_OPTIONS, type LocateOptions, stateDirOf } from './locate.ts'

const PASSPHRASE_OPTION: OptionSpec = {
  flags: '--passphrase-file <file>',
  summary: 'a private file whose first line is the passphrase (default: it is asked for)',
}

export const backup: CommandSpec<LocateOptions & LockOptions & { to: string; json?: boolean }> = {
  name: 'backup',
  summary: 'copy all sessions into an encrypted file (age), while users log in and out',
  options: [
    { flags: '--to <file>', summary: 'the file to make', required: true },
    {
      flags: '--recipient <list>',
      summary: 'encrypt for these age recipients (age1...), instead of with a passphrase',
      parse: list,
    },
    PASSPHRASE_OPTION,
    ...LOCATE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'The file holds no token, and claims open only with their token. To restore it, the secrets of the data centre',
    '(secrets.json in its state folder) are needed as well: keep a copy of them in another place.',
  ],
  async handler(options) {
    const lock = await lockOf(options)
    const { signal } = abortOnSignals()
    const live = new LiveOutput(process.stderr)
    try {
      const report = await backUp({
        stateDir: stateDirOf(options),
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
  },
}

export const restore: CommandSpec<LocateOptions & KeyOptions & { json?: boolean }> = {
  name: 'restore',
  summary: 'merge a backup into the running data centre; what was revoked stays revoked',
  argument: { name: 'file', summary: 'the backup' },
  options: [
    { flags: '--identity <file>', summary: 'a private file with an age identity, as age-keygen writes it' },
    PASSPHRASE_OPTION,
    ...LOCATE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'A backup that is damaged, or of another data centre, is refused before anything is changed. Restoring twice',
    'changes nothing; a restore that was interrupted is run again.',
    'When all data is lost: delete everything in the state folder but secrets.json and topology.json, run holdfast up',
    'with the options of before, and then restore. Sessions that were logged out after the backup come back then.',
  ],
  async handler(options, file) {
    const key = await keyOf(options)
    const { signal } = abortOnSignals()
    const live = new LiveOutput(process.stderr)
    try {
      const report = await restoreBackup({
        stateDir: stateDirOf(options),
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
  },
}

const progressText = ({ step, records, total }: RestoreProgress) =>
  step === 'check'
    ? `${count(records)} records checked`
    : `${count(records)} of ${count(total ?? records)} records merged`
