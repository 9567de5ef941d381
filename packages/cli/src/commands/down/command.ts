import type { CommandSpec } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCAL_OPTIONS } from '../../data-centre/options.ts'
import type { DownOptions } from './run.ts'

export const down: CommandSpec<DownOptions> = {
  name: 'down',
  summary: 'Stop the data centre of this machine',
  options: [
    { flags: '--purge', summary: 'Delete its state, with all sessions and passwords' },
    JSON_OPTION,
    ...LOCAL_OPTIONS,
  ],
  examples: ['holdfast down', 'holdfast down --name dc2 --purge'],
  exits: [EXIT.notRunning],
  load: async () => (await import('./run.ts')).down,
}
