import type { CommandSpec } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import type { StatusOptions } from './run.ts'

export const status: CommandSpec<StatusOptions> = {
  name: 'status',
  summary: 'Show every process, the primary and what is wrong',
  options: [
    { flags: '--watch', summary: 'Repeat until q or Ctrl-C; in a pipe, print changes' },
    JSON_OPTION,
    ...LOCATOR_OPTIONS,
  ],
  examples: ['holdfast status --watch', 'holdfast status --file holdfast.yaml --data-centre dc1'],
  exits: [EXIT.notRunning],
  load: async () => (await import('./run.ts')).status,
}
