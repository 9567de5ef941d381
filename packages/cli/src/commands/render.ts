import type { CommandSpec } from '../command.ts'
import type { RenderOptions } from '../handlers/render.ts'
import { SITE_FILE } from './locate.ts'

export const render: CommandSpec<RenderOptions> = {
  name: 'render',
  summary: 'write the configuration of every host of a site: Redis, Sentinel, firewall, units and more',
  argument: { name: 'file', summary: 'the site', default: SITE_FILE },
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
  load: async () => (await import('../handlers/render.ts')).render,
}
