import { basename, relative } from 'node:path'
import { checkSiteText, composeSite, ENGINES, TRANSPORTS, writeSite } from '@holdfast/cluster'
import { type CommandSpec, list, oneOf, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { askForSite } from '../init/ask-site.ts'
import { type InitOptions, siteOfOptions } from '../init/site-options.ts'
import { paint } from '../terminal/paint.ts'
import { SITE_FILE } from './check.ts'
import { JSON_OPTION } from './locate.ts'

export const init: CommandSpec<InitOptions & { force?: boolean; json?: boolean }> = {
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
  async handler(options, file) {
    const site =
      options.hosts === undefined ? await askForSite(options) : siteOfOptions(options, options.hosts)
    const text = composeSite(site)
    const { findings } = await checkSiteText(text, file)
    const errors = findings.filter(({ severity }) => severity === 'error')
    if (errors.length > 0) {
      throw new UsageError(`Nothing was written. ${errors.map(({ message }) => message).join(' ')}`)
    }
    const written = await writeSite(file, text, { force: options.force ?? false })
    console.log(options.json ? JSON.stringify(written) : farewell(written))
    return EXIT.ok
  },
}

function farewell({ file, schemaFile }: { file: string; schemaFile: string }): string {
  const again = basename(file) === SITE_FILE && relative('', file) === SITE_FILE ? '' : ` ${file}`
  return [
    `Wrote ${file}, and ${schemaFile} for editors.`,
    `Look through it, then:  ${paint.accent(`holdfast check${again}`)}`,
  ].join('\n')
}
