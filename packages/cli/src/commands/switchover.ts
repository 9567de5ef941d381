import type { CommandSpec } from '../command.ts'
import type { SwitchoverOptions } from '../handlers/switchover.ts'
import { JSON_OPTION, PLACE_OPTIONS } from './locate.ts'

export const switchover: CommandSpec<SwitchoverOptions> = {
  name: 'switchover',
  summary: 'make another Redis the primary as planned, without losing or refusing anything',
  options: [
    { flags: '--to <host>', summary: 'address of the next primary (default: the replica that has most)' },
    ...PLACE_OPTIONS,
    JSON_OPTION,
  ],
  notes: [
    'It refuses when something is not well, and changes nothing then. Interrupted before the promotion it puts back',
    'what it changed; killed half-way, the pause ends by itself within 3 s and the next switchover mends the rest.',
  ],
  load: async () => (await import('../handlers/switchover.ts')).switchover,
}
