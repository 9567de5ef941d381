import { dirname, resolve } from 'node:path'
import { mistakesInSettings } from '@holdfast/gateway/settings'
import { readSiteCertificates } from '@holdfast/operations/data-centre/site-certificates'
import { writeRendered } from '@holdfast/operations/data-centre/write-rendered'
import { loadSite } from '@holdfast/site/check/check-site'
import type { DataCentre, Site } from '@holdfast/site/file/site'
import { filesOfHost, renderSite } from '@holdfast/site/render/render-site'
import { loadSecrets } from '@holdfast/site/secrets/load'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { type Handler, UsageError } from '../../command-line/command-spec.ts'
import { EXIT } from '../../command-line/exit-codes.ts'
import { explanationText, missingCertificatesText, renderedTree } from './text.ts'

export interface RenderOptions {
  out?: string
  explain?: boolean
  host?: string
  certificates?: string
  force?: boolean
}

/** Where `render` reads a site and its secrets; tests replace it. */
interface SiteSource {
  readSite: (file: string) => Promise<Site>
  /** The secrets of one data centre, from the place that the site in `file` names. An empty folder gets new secrets. */
  readSecrets: (dataCentre: DataCentre, file: string) => Promise<Secrets>
}

/** Makes the handler that renders the sites of a source. */
export const renderFrom =
  ({ readSite, readSecrets }: SiteSource): Handler<RenderOptions> =>
  async ({ out, explain, host, force, certificates = 'certificates' }, file) => {
    if (out === undefined && !explain) throw new UsageError('Give --out to write the files, or --explain')
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
        console.log('  Files with other contents were replaced; the previous ones are kept:')
        for (const file of kept) console.log(`    ${file}`)
      }
      const missing = held.missing.filter((one) => files.some((rendered) => rendered.host === one.host))
      if (missing.length > 0) console.log(missingCertificatesText(missing, certificates))
    }
    return EXIT.ok
  }

/** Renders the site of a file. */
export const render = renderFrom({
  readSite: (file) => loadSite(file, { judgeGateway: mistakesInSettings }),
  readSecrets: ({ name, secrets }, file) => loadSecrets(secrets, dirname(file), { createFor: name }),
})

function secretsOf(secrets: ReadonlyMap<string, Secrets>, name: string): Secrets {
  const found = secrets.get(name)
  if (found === undefined) throw new Error(`The secrets of ${name} were not read`)
  return found
}
