import { ENGINES, TRANSPORTS } from '@holdfast/cluster/words'
import { type CommandSpec, list, oneOf } from '../command.ts'
import type { InitCommandOptions } from '../handlers/init.ts'
import { JSON_OPTION, SITE_FILE } from './locate.ts'

export const init: CommandSpec<InitCommandOptions> = {
  name: 'init',
  summary: 'write a description of data centres, with comments, from a few answers',
  argument: { name: 'file', summary: 'where to', default: SITE_FILE },
  options: [
    {
      flags: '--hosts <a,b,c>',
      summary: 'addresses of the hosts for Redis and Sentinel; nothing is asked then',
      parse: list,
    },
    {
      flags: '--applications <a,b,...>',
      summary: 'addresses of the servers that use the tokens',
      parse: list,
    },
    { flags: '--data-centre <name>', summary: 'name of the data centre (default: dc1)' },
    {
      flags: '--engine <engine>',
      summary: `what stores the tokens: ${ENGINES.join(', ')} (default: redis 7.0)`,
      parse: oneOf(...ENGINES),
    },
    {
      flags: '--transport <transport>',
      summary: `what protects the traffic: ${TRANSPORTS.join(', ')} (default: tls)`,
      parse: oneOf(...TRANSPORTS),
    },
    {
      flags: '--plain-because <reason>',
      summary: 'why the traffic is not encrypted, with --transport plain',
    },
    {
      flags: '--timings <timings>',
      summary: 'how soon a lost host is noticed: fast (1.5 s, default) or reference (10 s)',
      parse: oneOf('fast', 'reference'),
    },
    { flags: '--force', summary: 'replace a file that is there' },
    JSON_OPTION,
  ],
  notes: ['What it writes passes holdfast check.'],
  load: async () => (await import('../handlers/init.ts')).init,
}
