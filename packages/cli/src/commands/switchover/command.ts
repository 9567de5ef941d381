import type { CommandSpec } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, LOCATOR_OPTIONS } from '../../data-centre/options.ts'
import type { SwitchoverOptions } from './run.ts'

export const switchover: CommandSpec<SwitchoverOptions> = {
  name: 'switchover',
  summary: 'Promote another Redis, planned and lossless',
  options: [
    { flags: '--to <host>', summary: 'Next primary (default: the most complete replica)' },
    JSON_OPTION,
    ...LOCATOR_OPTIONS,
  ],
  notes: [
    'It refuses an unhealthy group and changes nothing. Interrupted before the promotion, it undoes its changes. If it is killed, writes resume within 3 s, and the next switchover cleans up.',
  ],
  examples: ['holdfast switchover --to 10.0.1.12 --file holdfast.yaml'],
  exits: [EXIT.notRunning, EXIT.interrupted],
  load: async () => (await import('./run.ts')).switchover,
}
