import { runGateway } from '@holdfast/gateway'
import type { CommandSpec } from '../command.ts'
import { EXIT } from '../exit-codes.ts'

export const gateway: CommandSpec<{ config: string }> = {
  name: 'gateway',
  summary: 'run one gateway by its configuration file, until SIGTERM',
  options: [
    {
      flags: '--config <file>',
      summary: 'its configuration, which nobody else may read (mode 0600)',
      required: true,
    },
  ],
  async handler({ config }) {
    await runGateway(config)
    return EXIT.ok
  },
}
