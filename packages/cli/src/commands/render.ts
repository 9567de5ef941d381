import { resolve } from 'node:path'
import { filesOfHost, renderSite, type Secrets, writeRendered } from '@holdfast/cluster'
import { type CommandSpec, UsageError } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { explanationText, renderedTree } from '../render/rendered-text.ts'
import type { SiteSource } from '../render/site-source.ts'

interface RenderOptions {
  out?: string
  explain?: boolean
  host?: string
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
    { flags: '--force', summary: 'overwrite what is there' },
  ],
  notes: [
    'Redis and Sentinel rewrite their files: seed a host once, and change a live one by commands.',
    'Files with secrets have mode 0600. The explanations hold none.',
  ],
  async handler({ out, explain, host, force }, file) {
    if (out === undefined && !explain) throw new UsageError('Say where with --out, or ask with --explain')
    const site = await readSite(file)
    const secrets = new Map<string, Secrets>()
    for (const dataCentre of site.dataCentres)
      secrets.set(dataCentre.name, await readSecrets(dataCentre, file))
    const all = renderSite(site, ({ name }) => secretsOf(secrets, name))
    const files = host === undefined ? all : filesOfHost(all, host)
    if (explain) console.log(explanationText(files))
    if (out !== undefined) {
      await writeRendered(files, out, { force: force === true })
      console.log(renderedTree(files, resolve(out)))
    }
    return EXIT.ok
  },
})

function secretsOf(secrets: ReadonlyMap<string, Secrets>, name: string): Secrets {
  const found = secrets.get(name)
  if (found === undefined) throw new Error(`The secrets of ${name} were not read`)
  return found
}
