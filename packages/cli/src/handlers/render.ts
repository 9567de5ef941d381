import { resolve } from 'node:path'
import { filesOfHost, readSiteCertificates, renderSite, type Secrets, writeRendered } from '@holdfast/cluster'
import { type Handler, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { missingCertificatesText } from '../render/missing-certificates.ts'
import { explanationText, renderedTree } from '../render/rendered-text.ts'
import { SITE_SOURCE, type SiteSource } from '../render/site-source.ts'

export interface RenderOptions {
  out?: string
  explain?: boolean
  host?: string
  certificates?: string
  force?: boolean
}

/** Renders a site, and its secrets, from there. */
export const renderFrom =
  ({ readSite, readSecrets }: SiteSource): Handler<RenderOptions> =>
  async ({ out, explain, host, force, certificates = 'certificates' }, file) => {
    if (out === undefined && !explain) throw new UsageError('Say where with --out, or ask with --explain')
    const site = await readSite(file)
    const secrets = new Map<string, Secrets>()
    for (const dataCentre of site.dataCentres)
      secrets.set(dataCentre.name, await readSecrets(dataCentre, file))
    const held = await readSiteCertificates(site, certificates)
    const all = renderSite(site, ({ name }) => secretsOf(secrets, name), held.of)
    const files = host === undefined ? all : filesOfHost(all, host)
    if (explain) console.log(explanationText(files))
    if (out !== undefined) {
      const kept = await writeRendered(files, out, { force: force === true })
      console.log(renderedTree(files, resolve(out)))
      if (kept.length > 0) {
        console.log('  What was there with another text is kept beside, in case someone had worked on it:')
        for (const file of kept) console.log(`    ${file}`)
      }
      const missing = held.missing.filter((one) => files.some((rendered) => rendered.host === one.host))
      if (missing.length > 0) console.log(missingCertificatesText(missing, certificates))
    }
    return EXIT.ok
  }

/** Renders the site of a file. */
export const render = renderFrom(SITE_SOURCE)

function secretsOf(secrets: ReadonlyMap<string, Secrets>, name: string): Secrets {
  const found = secrets.get(name)
  if (found === undefined) throw new Error(`The secrets of ${name} were not read`)
  return found
}
