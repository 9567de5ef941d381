import { RENDERED_BY, version } from '../../version.ts'
import { type Directive, type Document, line } from '../document.ts'
import { unit as unitFormat } from '../formats.ts'
import { SOURCE } from '../sources.ts'

const { exec, unit } = SOURCE

/** A unit of one host, and the name of its file. */
export interface Unit {
  name: string
  document: Document
}

/** The units of services. The unit that loads the firewall is not one. */
export type ServiceName =
  `holdfast-${'redis' | 'sentinel' | 'watchdog' | 'gateway' | 'proxy' | 'stunnel' | 'rotate-passwords' | 'rotate-certificates'}.service`

/**
 * The exposure of each service by `systemd-analyze security` of systemd 252: 10 is fully exposed, 0 is not exposed. A
 * test measures the numbers. A gateway has a higher one because it compiles code, serves any browser, and lets a
 * separate program notify systemd. A proxy also lets that program notify systemd.
 */
export const EXPOSURE: Readonly<Record<ServiceName, number>> = {
  'holdfast-redis.service': 1.1,
  'holdfast-sentinel.service': 1.1,
  'holdfast-watchdog.service': 1.1,
  'holdfast-gateway.service': 1.4,
  'holdfast-proxy.service': 1.3,
  'holdfast-stunnel.service': 1.2,
  'holdfast-rotate-passwords.service': 1.3,
  'holdfast-rotate-certificates.service': 1.3,
}

/** The first line of every unit. */
export const HEADING = 'Rendered by Holdfast: change holdfast.yaml instead.'

/** The first lines of a service. */
export const serviceHeading = (name: ServiceName): string =>
  `${HEADING}\nsystemd-analyze security (systemd 252): ${EXPOSURE[name].toFixed(1)} of 10.`

/** Holdfast prints a warning when another version starts than the one that rendered the unit. */
export const renderedBy = (): Directive =>
  line(
    'Environment',
    `${RENDERED_BY}=${version()}`,
    'Holdfast prints a warning if this host has another version.',
    SOURCE.holdfast,
  )

/** Starts a service after the network and after `needs`, which it requires. `because` has the reason for each. */
export function startsAfter(
  needs: readonly string[],
  because: { after: string; requires: string },
): Directive[] {
  return [
    line('After', ['network-online.target', ...needs].join(' '), because.after, unit),
    line('Wants', 'network-online.target', 'See After.', unit),
    ...(needs.length === 0 ? [] : [line('Requires', needs.join(' '), because.requires, SOURCE.document)]),
  ]
}

/** The user of a service, and its own folder below the state folder of all services. */
export function account(name: string, stateFolder: string | null): Directive[] {
  return [
    line('User', name, 'A separate user that owns the state of this service and nothing else.', exec),
    line('Group', name, 'See User.', exec),
    ...(stateFolder === null
      ? []
      : [
          line('StateDirectory', stateFolder, 'The only folder that it keeps.', exec),
          line('StateDirectoryMode', '0700', 'No other user can read it.', exec),
          line('WorkingDirectory', `%S/${stateFolder}`, 'The folder for relative paths.', exec),
        ]),
  ]
}

/** Starts a service at boot. */
export const INSTALL = {
  title: 'Install',
  directives: [line('WantedBy', 'multi-user.target', 'Starts when the host boots.', unit)],
}

/** A service that runs until the host stops. */
export function serviceUnit(
  name: ServiceName,
  description: string,
  needs: readonly string[],
  directives: Directive[],
): Document {
  return {
    heading: serviceHeading(name),
    format: unitFormat,
    blocks: [
      {
        title: 'Unit',
        directives: [
          line('Description', description, 'The name in systemctl and in the journal.', unit),
          ...startsAfter(needs, {
            after: 'The addresses on which it listens must exist first.',
            requires: 'Must not run without its firewall and the protection of its traffic.',
          }),
          line(
            'StartLimitIntervalSec',
            '0',
            'systemd restarts it without a limit, so that it recovers without an operator.',
            unit,
          ),
        ],
      },
      { title: 'Service', directives },
      INSTALL,
    ],
  }
}
