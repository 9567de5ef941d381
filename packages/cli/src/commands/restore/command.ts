import type { CommandSpec } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import { PASSPHRASE_OPTION } from '../backup/command.ts'
import type { RestoreOptions } from './run.ts'

export const restore: CommandSpec<RestoreOptions> = {
  name: 'restore',
  summary: 'Merge a backup into the running data centre',
  argument: { name: 'file', summary: 'The backup' },
  options: [
    { flags: '--identity <file>', summary: 'Private file with an age identity (age-keygen)' },
    PASSPHRASE_OPTION,
    { flags: '--allow-unauthenticated', summary: 'Accept a backup of an older Holdfast, without a MAC' },
    JSON_OPTION,
    ...LOCATOR_OPTIONS,
  ],
  notes: [
    'Revoked sessions stay revoked. A damaged backup, or one of another data centre, changes nothing. Run an interrupted restore again: restoring twice is safe.',
    'If all data is lost: delete everything in the state folder except secrets.json and topology.json, run `holdfast up` with the same options as before, then restore. Sessions that were logged out after the backup become active again.',
  ],
  examples: ['holdfast restore sessions.age --identity key.txt'],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).restore,
}
