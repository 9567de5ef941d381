import { join } from 'node:path'
import type { Engine } from '../site/site.ts'
import type { TlsFiles } from './node-plan.ts'

/** Where the rendered files are put on a host: they are root's, and a service gets what it needs from there. */
const CONFIG_FOLDER = '/etc/holdfast'

/** What a service writes by itself, a folder each. */
const STATE_FOLDER = '/var/lib/holdfast'

export const configFile = (name: string): string => join(CONFIG_FOLDER, name)

export const stateOf = (service: string): string => join(STATE_FOLDER, service)

/** The files with which the units start Redis and Sentinel, which rewrite them. */
export const STARTED_WITH = {
  redis: join(stateOf('redis'), 'redis.conf'),
  sentinel: join(stateOf('sentinel'), 'sentinel.conf'),
} as const

/** The certificate of a host, for every connection that it accepts or opens. */
export const TLS_FILES: TlsFiles = {
  authority: configFile('tls/ca.pem'),
  certificate: configFile('tls/host.pem'),
  key: configFile('tls/host-key.pem'),
}

/** The file of the site, on a host that operates it. */
export const SITE_FILE = configFile('holdfast.yaml')

/** Passwords that the settings of a gateway name by their files. */
export const GATEWAY_SECRETS = configFile('gateway')

/** What brings rendered files to the hosts: the administrator's own, on a host that operates them. */
export const DELIVERY = configFile('deliver')

/** Where `holdfast ca` keeps the authority, on a host that operates them and renews their certificates by itself. */
export const CERTIFICATES = configFile('certificates')

/** The certificate with its key that the balancer shows to browsers. */
export const WEB_CERTIFICATE = configFile('tls/web.pem')

/** Where the programs are on Debian and on Red Hat's. */
export const PROGRAM = {
  holdfast: '/usr/bin/holdfast',
  nft: '/usr/sbin/nft',
  stunnel: '/usr/bin/stunnel',
} as const

export const serverProgram = ({ name }: Engine): string => `/usr/bin/${name}-server`

/** The network interface of the tunnel. */
export const TUNNEL_INTERFACE = 'hf0'
