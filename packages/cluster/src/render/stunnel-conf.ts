import type { DataCentre, Host, Service, Site } from '../site/site.ts'
import { type DataHost, PORT, tunnelOf } from '../topology/topology.ts'
import { type Block, type Directive, line } from './directive.ts'
import { type Document, textOf } from './document.ts'
import { ini } from './formats.ts'
import { TLS_FILES } from './host-paths.ts'
import type { TlsFiles } from './node-plan.ts'
import { tokenAddress } from './placement.ts'
import { SOURCE } from './sources.ts'

const { stunnel, rfc8446, measured } = SOURCE

/** What is tunnelled, and its port. */
const SERVICES = [
  ['redis', PORT.redis],
  ['sentinel', PORT.sentinel],
] as const satisfies readonly (readonly [Service, number])[]

/**
 * `stunnel.conf` of one host: the ends that lead in to its own Redis and Sentinel, and those that lead out to every
 * other host's. See `tokenAddress` for which address stands for whom.
 */
export function stunnelConf(site: Site, dataCentre: DataCentre, host: Host): Document {
  const peers = dataCentre.hosts.filter((other) => other !== host)
  return document(TLS_FILES, [
    ...SERVICES.filter(([service]) => host.runs.includes(service)).map(([service, port]) =>
      wayIn({ service, port, accept: host.address, connect: tokenAddress(site, host) }),
    ),
    ...peers.flatMap((peer) =>
      SERVICES.filter(([service]) => peer.runs.includes(service)).map(([service, port]) =>
        wayOut({ service, port, accept: tokenAddress(site, peer), connect: peer.address, to: peer.name }),
      ),
    ),
  ])
}

/**
 * `stunnel.conf` of one data host of a local data centre: both ends of its tunnel. `name` is that of its certificate.
 */
export function renderStunnelConf(dataHost: DataHost, name: string, tls: TlsFiles): string {
  const { arrival, inside } = tunnelOf(dataHost.host)
  const ports = [
    ['redis', dataHost.redisPort],
    ['sentinel', dataHost.sentinelPort],
  ] as const
  const ways = ports.flatMap(([service, port]) => [
    wayIn({ service, port, accept: arrival, connect: inside }),
    wayOut({ service, port, accept: dataHost.host, connect: arrival, to: name }),
  ])
  return textOf(document(tls, ways))
}

const document = (tls: TlsFiles, ways: Block[]): Document => ({
  heading: 'Rendered by Holdfast: change holdfast.yaml instead.',
  format: ini,
  blocks: [{ title: '', directives: globalOptions(tls) }, ...ways],
})

const globalOptions = ({ authority, certificate, key }: TlsFiles): Directive[] => [
  line('foreground', 'yes', 'systemd supervises it and keeps what it says.', stunnel),
  line('pid', '', 'No pid file: nothing needs it.', stunnel),
  line('syslog', 'no', 'Standard error goes to the journal already.', stunnel),
  line('debug', 'notice', 'A line for each connection would drown the rest.', stunnel),
  line('socket', 'l:TCP_NODELAY=1', 'Small commands are sent at once.', stunnel),
  line('socket', 'r:TCP_NODELAY=1', 'Small commands are sent at once.', stunnel),
  line('sslVersionMin', 'TLSv1.2', 'Nothing older than TLS 1.2.', rfc8446),
  line('CAfile', authority, "The data centre's own authority.", stunnel),
  line('cert', certificate, 'Shown by this host at either end.', stunnel),
  line('key', key, 'The key of that certificate.', stunnel),
  line(
    'verifyChain',
    'yes',
    'Both ends show a certificate of that authority, or there is no tunnel.',
    stunnel,
  ),
  line('TIMEOUTconnect', '2', 'A host that is gone is given up soon (in seconds).', stunnel),
  line('TIMEOUTclose', '0', 'Redis closes without ceremony; no connection lingers.', stunnel),
]

/** One end of a tunnel: where it takes connections and where it leads them, at the same port. */
interface Way {
  service: Service
  port: number
  accept: string
  connect: string
}

const wayIn = ({ service, port, accept, connect }: Way): Block => ({
  title: service,
  directives: [
    line('accept', atPort(accept, port), 'TLS arrives at the address of the host.', stunnel),
    line(
      'connect',
      atPort(connect, port),
      `And goes on to the ${nameOf(service)} of this host, which listens on loopback only.`,
      measured,
    ),
  ],
})

const wayOut = ({ service, port, accept, connect, to }: Way & { to: string }): Block => ({
  title: `${service}-of-${to}`,
  directives: [
    line('client', 'yes', 'This end begins the TLS connection.', stunnel),
    line(
      'accept',
      atPort(accept, port),
      `On every host this address means ${to}: a failover may name it to anybody.`,
      measured,
    ),
    line('connect', atPort(connect, port), `The way to ${to}.`, stunnel),
    line('checkHost', to, 'Another host of the data centre cannot pose as this one.', stunnel),
  ],
})

/** stunnel takes what follows the last colon for the port, and knows no brackets around an IPv6 address. */
const atPort = (host: string, port: number): string => `${host}:${port}`

const nameOf = (service: Service) => (service === 'redis' ? 'Redis' : 'Sentinel')
