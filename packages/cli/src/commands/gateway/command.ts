import type { CommandSpec } from '../../command-line/command-spec.ts'
import type { GatewayOptions } from './run.ts'

export const gateway: CommandSpec<GatewayOptions> = {
  name: 'gateway',
  summary: 'Run one gateway until SIGTERM',
  options: [
    { flags: '--config <file>', summary: 'Its configuration, with mode 0600', required: true },
    {
      flags: '--state-dir <folder>',
      summary: 'Local data centre to show at /cluster (admin API)',
    },
  ],
  examples: ['holdfast gateway --config /etc/holdfast/gateway.json'],
  load: async () => (await import('./run.ts')).gateway,
}
