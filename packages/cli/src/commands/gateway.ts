import type { CommandSpec } from '../command.ts'
import type { GatewayOptions } from '../handlers/gateway.ts'

export const gateway: CommandSpec<GatewayOptions> = {
  name: 'gateway',
  summary: 'run one gateway by its configuration file, until SIGTERM',
  options: [
    {
      flags: '--config <file>',
      summary: 'its configuration, which nobody else may read (mode 0600)',
      required: true,
    },
    {
      flags: '--state-dir <folder>',
      summary: 'state folder of a data centre of this machine, which the admin API then shows at /cluster',
    },
  ],
  load: async () => (await import('../handlers/gateway.ts')).gateway,
}
