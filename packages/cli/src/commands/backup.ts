import { type CommandSpec, list, type OptionSpec } from '../command.ts'
import type { BackupOptions, RestoreOptions } from '../handlers/backup.ts'
import { JSON_OPTION, PLACE_OPTIONS } from './locate.ts'

const PASSPHRASE_OPTION: OptionSpec = {
  flags: '--passphrase-file <file>',
  summary: 'a private file whose first line is the passphrase (default: it is asked for)',
}

export const backup: CommandSpec<BackupOptions> = {
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
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'The file holds no token, and claims open only with their token. To restore it, the secrets of the data centre',
    '(secrets.json in its state folder) are needed as well: keep a copy of them in another place.',
  ],
  load: async () => (await import('../handlers/backup.ts')).backup,
}

export const restore: CommandSpec<RestoreOptions> = {
  name: 'restore',
  summary: 'merge a backup into the running data centre; what was revoked stays revoked',
  argument: { name: 'file', summary: 'the backup' },
  options: [
    { flags: '--identity <file>', summary: 'a private file with an age identity, as age-keygen writes it' },
    PASSPHRASE_OPTION,
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'A backup that is damaged, or of another data centre, is refused before anything is changed. Restoring twice',
    'changes nothing; a restore that was interrupted is run again.',
    'When all data is lost: delete everything in the state folder but secrets.json and topology.json, run holdfast up',
    'with the options of before, and then restore. Sessions that were logged out after the backup come back then.',
  ],
  load: async () => (await import('../handlers/backup.ts')).restore,
}
