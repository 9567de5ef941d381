import { type CommandSpec, list, type OptionSpec } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import type { BackupOptions } from './run.ts'

export const PASSPHRASE_OPTION: OptionSpec = {
  flags: '--passphrase-file <file>',
  summary: 'Passphrase in a private file (default: ask for it)',
}

export const backup: CommandSpec<BackupOptions> = {
  name: 'backup',
  summary: 'Save all sessions in an encrypted file',
  options: [
    { flags: '--to <file>', summary: 'File to create', required: true },
    {
      flags: '--recipient <list>',
      summary: 'Encrypt for age recipients, not with a passphrase',
      parse: list,
    },
    PASSPHRASE_OPTION,
    JSON_OPTION,
    ...LOCATOR_OPTIONS,
  ],
  notes: [
    'Users keep working. The file contains no tokens, and only a token decrypts its claims. A restore also needs secrets.json from the state folder: store a copy of it in another place.',
  ],
  examples: ['holdfast backup --to sessions.age --recipient age1...'],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).backup,
}
