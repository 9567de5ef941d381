import type { CommandSpec } from '../command.ts'
import type { DownOptions } from '../handlers/down.ts'
import { JSON_OPTION, LOCATE_OPTIONS } from './locate.ts'

export const down: CommandSpec<DownOptions> = {
  name: 'down',
  summary: 'end a data centre: no process and no open port stays',
  options: [
    ...LOCATE_OPTIONS,
    { flags: '--purge', summary: 'also delete its state folder, with every session and password in it' },
    JSON_OPTION,
  ],
  load: async () => (await import('../handlers/down.ts')).down,
}
