import type { DataCentre, Host, Service, Site } from '../file/site.ts'
import { type DataHost, PORT, tunnelOf } from '../topology/topology.ts'
import { type Block, type Directive, type Document, line, textOf } from './document.ts'
import { ini } from './formats.ts'
import { TLS_FILES } from './host-paths.ts'
import type { TlsFiles } from './node-plan.ts'
import { tokenAddress } from './placement.ts'
import { SOURCE } from './sources.ts'

const { stunnel, rfc8446, measured } = SOURCE

/** The services that use the tunnel, and their ports. */
const SERVICES = [
  ['redis', PORT.redis],
  ['sentinel', PORT.sentinel],
] as const satisfies readonly (readonly [Service, number])[]

/**
 * Renders `stunnel.conf` of one host: tunnels in to its own Redis and Sentinel, and tunnels out to those of every
 * other host. `tokenAddress` describes the addresses.
 */
export function stunnelConf(site: Site, dataCentre: DataCentre, host: Host): Document {
  const peers = dataCentre.hosts.filter((other) => other !== host)
  return document(TLS_FILES, [
    ...SERVICES.filter(([service]) => host.runs.includes(service)).map(([service, port]) =>
      tunnelIn({ service, port, accept: host.address, connect: tokenAddress(site, host) }),
    ),
    ...peers.flatMap((peer) =>
      SERVICES.filter(([service]) => peer.runs.includes(service)).map(([service, port]) =>
        tunnelOut({ service, port, accept: tokenAddress(site, peer), connect: peer.address, to: peer.name }),
      ),
    ),
  ])
}

/**
 * Renders `stunnel.conf` of one data host of a local data centre: both ends of its tunnel. `name` is the name in its
 * certificate.
 */
export function renderStunnelConf(dataHost: DataHost, name: string, tls: TlsFiles): string {
  const { arrival, inside } = tunnelOf(dataHost.host)
  const ports = [
    ['redis', dataHost.redisPort],
    ['sentinel', dataHost.sentinelPort],
  ] as const
  const tunnels = ports.flatMap(([service, port]) => [
    tunnelIn({ service, port, accept: arrival, connect: inside }),
    tunnelOut({ service, port, accept: dataHost.host, connect: arrival, to: name }),
  ])
  return textOf(document(tls, tunnels))
}

const document = (tls: TlsFiles, tunnels: Block[]): Document => ({
  heading: 'Rendered by Holdfast: change holdfast.yaml instead.',
  format: ini,
  blocks: [{ title: '', directives: globalOptions(tls) }, ...tunnels],
})

const globalOptions = ({ authority, certificate, key }: TlsFiles): Directive[] => [
  line('foreground', 'yes', 'systemd supervises stunnel and keeps its output.', stunnel),
  line('pid', '', 'No pid file, because nothing needs it.', stunnel),
  line('syslog', 'no', 'Standard error already goes to the journal.', stunnel),
  line('debug', 'notice', 'One line per connection would hide all other lines.', stunnel),
  line('socket', 'l:TCP_NODELAY=1', 'Small commands are sent without delay.', stunnel),
  line('socket', 'r:TCP_NODELAY=1', 'Small commands are sent without delay.', stunnel),
  line('sslVersionMin', 'TLSv1.2', 'Nothing older than TLS 1.2.', rfc8446),
  line('CAfile', authority, 'The authority of this data centre.', stunnel),
  line('cert', certificate, 'This host shows it at both ends of a tunnel.', stunnel),
  line('key', key, 'The key of that certificate.', stunnel),
  line(
    'verifyChain',
    'yes',
    'A tunnel is established only if both ends show a certificate of that authority.',
    stunnel,
  ),
  line('TIMEOUTconnect', '2', 'How long to wait for a host that does not answer (in seconds).', stunnel),
  line(
    'TIMEOUTclose',
    '0',
    'Redis closes without a TLS shutdown, so stunnel does not wait for one.',
    stunnel,
  ),
]

/** One end of a tunnel: the address that accepts connections, and the address that they go to, at the same port. */
interface Tunnel {
  service: Service
  port: number
  accept: string
  connect: string
}

const tunnelIn = ({ service, port, accept, connect }: Tunnel): Block => ({
  title: service,
  directives: [
    line(
      'accept',
      atPort(accept, port),
      'Other hosts connect with TLS to the address of this host.',
      stunnel,
    ),
    line(
      'connect',
      atPort(connect, port),
      `stunnel forwards to the ${nameOf(service)} of this host, which listens on loopback only.`,
      measured,
    ),
  ],
})

const tunnelOut = ({ service, port, accept, connect, to }: Tunnel & { to: string }): Block => ({
  title: `${service}-of-${to}`,
  directives: [
    line('client', 'yes', 'This end opens the TLS connection.', stunnel),
    line(
      'accept',
      atPort(accept, port),
      `This address means ${to} on every host, so a failover can announce it to every node and client.`,
      measured,
    ),
    line('connect', atPort(connect, port), `The address of ${to}.`, stunnel),
    line('checkHost', to, 'Another host of the data centre cannot impersonate this one.', stunnel),
  ],
})

/** stunnel takes the text after the last colon as the port, and does not accept brackets around an IPv6 address. */
const atPort = (host: string, port: number): string => `${host}:${port}`

const nameOf = (service: Service) => (service === 'redis' ? 'Redis' : 'Sentinel')
