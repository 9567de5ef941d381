import type { Host, Site } from '../../site/site.ts'
import { type Directive, line } from '../directive.ts'
import type { Document } from '../document.ts'
import { words } from '../formats.ts'
import { configFile, GATEWAY_SECRETS, stateOf, TLS_FILES } from '../host-paths.ts'
import { SOURCE } from '../sources.ts'

/** Who may read root's files of a host, for `systemd-tmpfiles`; null where that is root alone. INV-SITE-7. */
export function tmpfiles(site: Site, host: Host): Document | null {
  const entry = (type: string, value: string, why: string): Directive =>
    line(type, value, why, SOURCE.tmpfiles)
  const isEncrypted = site.transport === 'tls' || site.transport === 'stunnel'
  const directives = [
    ...(isEncrypted
      ? [
          entry(
            'z',
            `${TLS_FILES.key} 0640 root holdfast-tls`,
            'Every service that speaks TLS reads the key.',
          ),
        ]
      : []),
    ...(host.runs.includes('gateway')
      ? [
          entry(
            'z',
            `${configFile('gateway.json')} 0640 root holdfast-gateway`,
            'The gateway reads its configuration, and cannot change it.',
          ),
          entry(
            'd',
            `${GATEWAY_SECRETS} 0750 root holdfast-gateway`,
            'A place for the passwords that its configuration names by their files.',
          ),
          entry('z', `${GATEWAY_SECRETS}/* 0640 root holdfast-gateway`, 'The gateway reads those passwords.'),
          entry(
            'd',
            `${stateOf('gateway')} 0700 holdfast-gateway holdfast-gateway`,
            'The users file is there before the gateway starts.',
          ),
        ]
      : []),
  ]
  if (directives.length === 0) return null
  return {
    heading: `Rendered by Holdfast for ${host.name}: change holdfast.yaml instead. Applied at boot, and by: systemd-tmpfiles --create holdfast.conf`,
    format: words,
    blocks: [{ title: "Who may read root's files.", directives }],
  }
}
