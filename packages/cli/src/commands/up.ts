import { LOCAL_TRANSPORTS } from '@holdfast/cluster/words'
import { type CommandSpec, list, oneOf } from '../command.ts'
import type { UpOptions } from '../up/plan.ts'
import { LOCATE_OPTIONS } from './locate.ts'

export const up: CommandSpec<UpOptions> = {
  name: 'up',
  summary: 'start a data centre on this machine: three Redis, three Sentinels, gateways, balancer',
  options: [
    {
      flags: '-f, --file <holdfast.yaml>',
      summary: 'all data centres of a file, each on a network of its own',
    },
    ...LOCATE_OPTIONS,
    {
      flags: '--network <a.b.c>',
      summary: 'first three numbers of its addresses (default: 127.0.1); another one runs beside it',
    },
    {
      flags: '--timings <timings>',
      summary: 'how soon a silent node is failed over: fast (1.5 s, default) or reference (10 s)',
      parse: oneOf('fast', 'reference'),
    },
    {
      flags: '--transport <transport>',
      summary: `what protects its traffic: ${LOCAL_TRANSPORTS.join(', ')} (default without a file: plain)`,
      parse: oneOf(...LOCAL_TRANSPORTS),
    },
    { flags: '--hosts <a,b,c>', summary: 'addresses of the three data hosts', parse: list },
    {
      flags: '--gateways <a,b,...>',
      summary: 'addresses of the gateways, with or without :port',
      parse: list,
    },
    { flags: '--balancer <address>', summary: 'address of the balancer, with or without :port' },
    { flags: '--detach', summary: 'return when everything is ready, and go on in the background' },
    { flags: '--json', summary: 'print the description of the data centre as JSON when it is ready' },
    { flags: '--background', summary: 'be the background process of --detach', hidden: true },
  ],
  load: async () => (await import('../handlers/up.ts')).up,
}
