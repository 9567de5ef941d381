import type { Host, Site } from '../../file/site.ts'
import { type Directive, type Document, line } from '../document.ts'
import { words } from '../formats.ts'
import { configFile, GATEWAY_SECRETS, stateOf, TLS_FILES } from '../host-paths.ts'
import { SOURCE } from '../sources.ts'

/**
 * The permissions of root's files on a host, for `systemd-tmpfiles`. Null if only root may read them.
 * INV-SITE-7.
 */
export function tmpfiles(site: Site, host: Host): Document | null {
  const entry = (type: string, value: string, why: string): Directive =>
    line(type, value, why, SOURCE.tmpfiles)
  const isEncrypted = site.transport === 'tls' || site.transport === 'stunnel'
  const directives = [
    ...(isEncrypted
      ? [entry('z', `${TLS_FILES.key} 0640 root holdfast-tls`, 'Every service that uses TLS reads the key.')]
      : []),
    ...(host.runs.includes('gateway')
      ? [
          entry(
            'z',
            `${configFile('gateway.json')} 0640 root holdfast-gateway`,
            'The gateway can read its configuration, but not change it.',
          ),
          entry(
            'd',
            `${GATEWAY_SECRETS} 0750 root holdfast-gateway`,
            'The folder for password files that its configuration names.',
          ),
          entry(
            'z',
            `${GATEWAY_SECRETS}/* 0640 root holdfast-gateway`,
            'The gateway can read those passwords.',
          ),
          entry(
            'd',
            `${stateOf('gateway')} 0700 holdfast-gateway holdfast-gateway`,
            'Creates the folder, so that the users file can be put there before the gateway starts.',
          ),
        ]
      : []),
    ...(host.runs.includes('proxy')
      ? [
          entry(
            'z',
            `${configFile('proxy.env')} 0640 root holdfast-proxy`,
            'The Redis proxy can read its passwords, but not change them.',
          ),
        ]
      : []),
  ]
  if (directives.length === 0) return null
  return {
    heading: `Rendered by Holdfast for ${host.name}: change holdfast.yaml instead. Applied at boot, and by: systemd-tmpfiles --create holdfast.conf`,
    format: words,
    blocks: [{ title: "Permissions of root's files.", directives }],
  }
}
