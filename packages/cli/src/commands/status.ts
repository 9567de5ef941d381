import type { CommandSpec } from '../command.ts'
import type { StatusOptions } from '../handlers/status.ts'
import { JSON_OPTION, PLACE_OPTIONS } from './locate.ts'

export const status: CommandSpec<StatusOptions> = {
  name: 'status',
  summary: 'how each process is, who is primary, and whether all agree',
  options: [
    { flags: '--watch', summary: 'show it as it changes, until q or Ctrl-C; in a pipe one line a change' },
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: ['Exit code 0 when all is well, 1 when something is not, 3 when nothing runs.'],
  load: async () => (await import('../handlers/status.ts')).status,
}
