import { LOCAL_TRANSPORTS } from '@holdfast/site/topology/topology'
import { type CommandSpec, list, oneOf } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { FILE_OPTION, LOCAL_OPTIONS } from '../../data-centre/options.ts'
import type { UpOptions } from './plan.ts'

export const up: CommandSpec<UpOptions> = {
  name: 'up',
  summary: 'Start a data centre on this machine',
  options: [
    { flags: '--detach', summary: 'Run in the background, return when it is ready' },
    {
      flags: '--transport <transport>',
      summary: `${LOCAL_TRANSPORTS.join(', ')} (default: plain or by --file)`,
      parse: oneOf(...LOCAL_TRANSPORTS),
    },
    {
      flags: '--timings <timings>',
      summary: 'Failover after: fast 1.5 s (default), reference 10 s',
      parse: oneOf('fast', 'reference'),
    },
    { flags: '--network <a.b.c>', summary: 'Its addresses are a.b.c.* (default: 127.0.1)' },
    { flags: '--hosts <a,b,c>', summary: 'Addresses of the three Redis hosts', parse: list },
    { flags: '--gateways <a,b,...>', summary: 'Addresses of the gateways, with optional :port', parse: list },
    { flags: '--balancer <address>', summary: 'Address of the balancer, with optional :port' },
    { flags: '--proxy <address>', summary: 'Address of the Redis proxy, with optional :port' },
    { flags: '--json', summary: 'Print its description as JSON when it is ready' },
    { flags: '--background', summary: 'Internal: run as the background process of --detach', hidden: true },
    ...LOCAL_OPTIONS,
    { ...FILE_OPTION, summary: 'Run all data centres of this holdfast.yaml' },
  ],
  notes: [
    'It runs three Redis, three Sentinels, four gateways, a balancer and a Redis proxy. Start another data centre beside it with --name and --network.',
  ],
  examples: ['holdfast up', 'holdfast up --detach --name dc2 --network 127.0.2'],
  exits: [EXIT.interrupted],
  load: async () => (await import('./run.ts')).up,
}
