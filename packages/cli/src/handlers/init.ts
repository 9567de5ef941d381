import { basename, relative } from 'node:path'
import { checkSiteText, composeSite, writeSite } from '@holdfast/cluster/site'
import { UsageError } from '../command.ts'
import { SITE_FILE } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { askForSite } from '../init/ask-site.ts'
import { type InitOptions, siteOfOptions } from '../init/site-options.ts'
import { paint } from '../terminal/paint.ts'

export type InitCommandOptions = InitOptions & { force?: boolean; json?: boolean }

/** Writes the description of a site. Throws `UsageError`, and what `writeSite` throws. */
export async function init(options: InitCommandOptions, file: string): Promise<ExitCode> {
  const site = options.hosts === undefined ? await askForSite(options) : siteOfOptions(options, options.hosts)
  const text = composeSite(site)
  const { findings } = await checkSiteText(text, file)
  const errors = findings.filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw new UsageError(`Nothing was written. ${errors.map(({ message }) => message).join(' ')}`)
  }
  const written = await writeSite(file, text, { force: options.force ?? false })
  console.log(options.json ? JSON.stringify(written) : farewell(written))
  return EXIT.ok
}

function farewell({ file, schemaFile, kept }: Awaited<ReturnType<typeof writeSite>>): string {
  const again = basename(file) === SITE_FILE && relative('', file) === SITE_FILE ? '' : ` ${file}`
  return [
    `Wrote ${file}, and ${schemaFile} for editors.`,
    ...(kept === null ? [] : [`The file that was there is kept as ${kept}.`]),
    `Look through it, then:  ${paint.accent(`holdfast check${again}`)}`,
  ].join('\n')
}
