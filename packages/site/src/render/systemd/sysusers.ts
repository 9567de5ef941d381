import type { Host, Site } from '../../file/site.ts'
import { type Directive, type Document, line } from '../document.ts'
import { words } from '../formats.ts'
import { SOURCE } from '../sources.ts'
import type { Unit } from './parts.ts'

/**
 * The users of the units of a host, for `systemd-sysusers`. One per service, so that none can read the files of
 * another.
 */
export function sysusers(units: readonly Unit[], site: Site, host: Host): Document {
  const names = [...new Set(units.flatMap(({ document }) => userOf(document)))]
  const readsKey = (name: string) =>
    site.transport === 'tls' || (site.transport === 'stunnel' && name === 'holdfast-stunnel')
  const encrypted = site.transport === 'tls' || site.transport === 'stunnel'
  return {
    heading: `Rendered by Holdfast for ${host.name}: change holdfast.yaml instead.`,
    format: words,
    blocks: [
      {
        title: 'One user per service.',
        directives: names.map((name) =>
          line(
            'u',
            `${name} - "${name}"`,
            'A separate user that owns the state of this service and nothing else.',
            SOURCE.sysusers,
          ),
        ),
      },
      ...(encrypted
        ? [
            {
              title: 'Users who may read the key of this host.',
              directives: [
                line('g', 'holdfast-tls -', 'The group of the key: mode 0640, owner root.', SOURCE.sysusers),
                ...names
                  .filter(readsKey)
                  .map(
                    (name): Directive => line('m', `${name} holdfast-tls`, 'It uses TLS.', SOURCE.sysusers),
                  ),
              ],
            },
          ]
        : []),
    ],
  }
}

const userOf = ({ blocks }: Unit['document']): string[] =>
  blocks.flatMap(({ directives }) =>
    directives.filter(({ directive }) => directive === 'User').map(({ value }) => value),
  )
