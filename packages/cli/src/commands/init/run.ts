import { basename, relative } from 'node:path'
import { checkSiteText } from '@holdfast/site/check/check-site'
import { composeSite, type NewSite } from '@holdfast/site/file/compose'
import { writeSite } from '@holdfast/site/file/write-site'
import { UsageError } from '../../command-line/command-spec.ts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { SITE_FILE } from '../../data-centre/options.ts'
import { paint } from '../../terminal/paint.ts'
import { DEFAULTS, type InitOptions } from './options.ts'
import { askForSite } from './questions.ts'

/** Writes the description of a site. Throws `UsageError`, and what `writeSite` throws. */
export async function init(options: InitOptions, file: string): Promise<ExitCode> {
  const site =
    options.hosts === undefined ? await askForSite(options) : siteFromOptions(options, options.hosts)
  const text = composeSite(site)
  const { findings } = await checkSiteText(text, file)
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw new UsageError(`Nothing was written. ${errors.map(({ message }) => message).join(' ')}`)
  }
  const written = await writeSite(file, text, { force: options.force ?? false })
  console.log(options.json ? JSON.stringify(written) : writtenText(written))
  return EXIT.ok
}

/** The site of a command line that names the hosts. Throws `UsageError`. */
function siteFromOptions(options: InitOptions, dataHosts: string[]): NewSite {
  if (options.applications === undefined) {
    throw new UsageError('--hosts needs --applications: the addresses of the servers that use the tokens')
  }
  return {
    engine: options.engine ?? DEFAULTS.engine,
    transport: options.transport ?? DEFAULTS.transport,
    ...(options.plainBecause === undefined ? {} : { plainBecause: options.plainBecause }),
    timings: options.timings ?? DEFAULTS.timings,
    dataCentres: [
      { name: options.dataCentre ?? DEFAULTS.dataCentre, dataHosts, applications: options.applications },
    ],
  }
}

function writtenText({ file, schemaFile, kept }: Awaited<ReturnType<typeof writeSite>>): string {
  const argument = basename(file) === SITE_FILE && relative('', file) === SITE_FILE ? '' : ` ${file}`
  return [
    `Wrote ${file}, and ${schemaFile} for editors.`,
    ...(kept === null ? [] : [`The previous file is kept as ${kept}.`]),
    `Read it, then run:  ${paint.accent(`holdfast check${argument}`)}`,
  ].join('\n')
}
