import { join } from 'node:path'
import type { Engine } from '../file/site.ts'
import type { TlsFiles } from './node-plan.ts'

/** The folder of rendered files on a host. root owns them, and systemd passes each service the files that it needs. */
const CONFIG_FOLDER = '/etc/holdfast'

/** The folder of state. Each service writes to its own folder below. */
const STATE_FOLDER = '/var/lib/holdfast'

export const configFile = (name: string): string => join(CONFIG_FOLDER, name)

export const stateOf = (service: string): string => join(STATE_FOLDER, service)

/** The files with which the units start Redis and Sentinel. Both programs rewrite their file. */
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

/** The file of the site, on an operator host. */
export const SITE_FILE = configFile('holdfast.yaml')

/** The folder of password files that the settings of a gateway name. */
export const GATEWAY_SECRETS = configFile('gateway')

/** The administrator's command that copies rendered files to the hosts, on an operator host. */
export const DELIVERY = configFile('deliver')

/**
 * The folder in which `holdfast ca` keeps the authority, on an operator host that renews certificates automatically.
 */
export const CERTIFICATES = configFile('certificates')

/** The certificate, with its key, that the balancer shows to browsers. */
export const WEB_CERTIFICATE = configFile('tls/web.pem')

/** The paths of programs on Debian and Red Hat systems. */
export const PROGRAM = {
  holdfast: '/usr/bin/holdfast',
  nft: '/usr/sbin/nft',
  stunnel: '/usr/bin/stunnel',
} as const

export const serverProgram = ({ name }: Engine): string => `/usr/bin/${name}-server`

/** The network interface of the tunnel. */
export const TUNNEL_INTERFACE = 'hf0'
