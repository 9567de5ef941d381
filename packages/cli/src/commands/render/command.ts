import type { CommandSpec } from '../../command-line/command-spec.ts'
import { CERTIFICATES_OPTION, SITE_FILE } from '../../data-centre/options.ts'
import type { RenderOptions } from './run.ts'

export const render: CommandSpec<RenderOptions> = {
  name: 'render',
  summary: 'Write the configuration files of every host',
  argument: { name: 'file', summary: 'Description of data centres', default: SITE_FILE },
  options: [
    { flags: '--out <folder>', summary: 'Write here, one folder per host' },
    { flags: '--explain', summary: 'Print the reason and source of each directive' },
    { flags: '--host <name>', summary: 'Only this host' },
    CERTIFICATES_OPTION,
    { flags: '--force', summary: 'Overwrite existing files' },
  ],
  notes: [
    'Copy the files of Redis and Sentinel to a host only once, because both rewrite their files. Change running ones with their own commands.',
    'With TLS or stunnel the files include the certificate, the key and the authority of the host, if they exist. Files with secrets have mode 0600; explanations contain no secrets.',
  ],
  examples: ['holdfast render --out rendered', 'holdfast render --explain --host dc1-redis-1'],
  load: async () => (await import('./run.ts')).render,
}
