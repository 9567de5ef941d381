import { ENGINES, TRANSPORTS } from '@holdfast/site/file/choices'
import { type CommandSpec, list, oneOf } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { JSON_OPTION, SITE_FILE } from '../../data-centre/options.ts'
import { DEFAULTS, type InitOptions } from './options.ts'

export const init: CommandSpec<InitOptions> = {
  name: 'init',
  summary: 'Write a holdfast.yaml from a few answers',
  argument: { name: 'file', summary: 'File to write', default: SITE_FILE },
  options: [
    { flags: '--hosts <a,b,c>', summary: 'Redis and Sentinel hosts; asks no questions', parse: list },
    { flags: '--applications <a,b,...>', summary: 'Servers that use the tokens', parse: list },
    { flags: '--data-centre <name>', summary: `Name of the data centre (default: ${DEFAULTS.dataCentre})` },
    {
      flags: '--engine <engine>',
      summary: `${ENGINES.join(', ')} (default: ${DEFAULTS.engine})`,
      parse: oneOf(...ENGINES),
    },
    {
      flags: '--transport <transport>',
      summary: `${TRANSPORTS.join(', ')} (default: ${DEFAULTS.transport})`,
      parse: oneOf(...TRANSPORTS),
    },
    { flags: '--plain-because <reason>', summary: 'Why --transport plain is acceptable' },
    {
      flags: '--timings <timings>',
      summary: 'Failover after: fast 1.5 s (default), reference 10 s',
      parse: oneOf('fast', 'reference'),
    },
    { flags: '--force', summary: 'Replace an existing file' },
    JSON_OPTION,
  ],
  notes: ['The file passes `holdfast check`.'],
  examples: ['holdfast init', 'holdfast init --hosts 10.0.1.11,10.0.1.12,10.0.1.13 --applications 10.0.2.11'],
  exits: [EXIT.interrupted],
  load: async () => (await import('./run.ts')).init,
}
