import { type CommandSpec, list, oneOf } from '../command.ts'
import { runDetached } from '../up/background.ts'
import { startInBackground } from '../up/detach.ts'
import { runInForeground } from '../up/foreground.ts'
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
      summary: 'what protects its traffic: plain (default without a file), tls or stunnel',
      parse: oneOf('plain', 'tls', 'stunnel'),
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
  handler(options) {
    if (options.background) return runDetached(options)
    return options.detach ? startInBackground(options) : runInForeground(options)
  },
}
