import { resolve } from 'node:path'
import { filesOfHost, readSiteCertificates, renderSite, type Secrets, writeRendered } from '@holdfast/cluster'
import { type CommandSpec, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { missingCertificatesText } from '../render/missing-certificates.ts'
import { explanationText, renderedTree } from '../render/rendered-text.ts'
import type { SiteSource } from '../render/site-source.ts'

interface RenderOptions {
  out?: string
  explain?: boolean
  host?: string
  certificates?: string
  force?: boolean
}

/** The command `render`, which gets its site from there. */
export const renderCommand = ({ readSite, readSecrets }: SiteSource): CommandSpec<RenderOptions> => ({
  name: 'render',
  summary: 'write the configuration of every host of a site: Redis, Sentinel, firewall, units and more',
  argument: { name: 'file', summary: 'the site', default: 'holdfast.yaml' },
  options: [
    { flags: '--out <folder>', summary: 'where to write it, a folder a host' },
    { flags: '--explain', summary: 'print why each directive is there, and where that is from' },
    { flags: '--host <name>', summary: 'only this host' },
    { flags: '--certificates <folder>', summary: 'where `holdfast ca` keeps them (default: certificates)' },
    { flags: '--force', summary: 'overwrite what is there' },
  ],
  notes: [
    'Redis and Sentinel rewrite their files: seed a host once, and change a live one by commands.',
    'With TLS or stunnel the certificate of a host, its key and its authority are among its files, when they are there.',
    'Files with secrets have mode 0600. The explanations hold none.',
  ],
  async handler({ out, explain, host, force, certificates = 'certificates' }, file) {
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
      await writeRendered(files, out, { force: force === true })
      console.log(renderedTree(files, resolve(out)))
      const missing = held.missing.filter((one) => files.some((rendered) => rendered.host === one.host))
      if (missing.length > 0) console.log(missingCertificatesText(missing, certificates))
    }
    return EXIT.ok
  },
})

function secretsOf(secrets: ReadonlyMap<string, Secrets>, name: string): Secrets {
  const found = secrets.get(name)
  if (found === undefined) throw new Error(`The secrets of ${name} were not read`)
  return found
}
