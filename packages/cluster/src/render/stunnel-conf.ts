import type { DataCentre, Host, Service, Site } from '../site/site.ts'
import { PORT } from '../topology/topology.ts'
import { type Block, type Directive, line } from './directive.ts'
import type { Document } from './document.ts'
import { ini } from './formats.ts'
import { TLS_FILES } from './host-paths.ts'
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
  return {
    heading: 'Rendered by Holdfast: change holdfast.yaml instead.',
    format: ini,
    blocks: [
      { title: '', directives: GLOBAL },
      ...SERVICES.filter(([service]) => host.runs.includes(service)).map(([service, port]) =>
        wayIn(site, host, service, port),
      ),
      ...peers.flatMap((peer) =>
        SERVICES.filter(([service]) => peer.runs.includes(service)).map(([service, port]) =>
          wayOut(site, peer, service, port),
        ),
      ),
    ],
  }
}

const GLOBAL: Directive[] = [
  line('foreground', 'yes', 'systemd supervises it and keeps what it says.', stunnel),
  line('pid', '', 'No pid file: nothing needs it.', stunnel),
  line('syslog', 'no', 'Standard error goes to the journal already.', stunnel),
  line('debug', 'notice', 'A line for each connection would drown the rest.', stunnel),
  line('socket', 'l:TCP_NODELAY=1', 'Small commands are sent at once.', stunnel),
  line('socket', 'r:TCP_NODELAY=1', 'Small commands are sent at once.', stunnel),
  line('sslVersionMin', 'TLSv1.2', 'Nothing older than TLS 1.2.', rfc8446),
  line('CAfile', TLS_FILES.authority, "The data centre's own authority.", stunnel),
  line('cert', TLS_FILES.certificate, 'Shown by this host at either end.', stunnel),
  line('key', TLS_FILES.key, 'The key of that certificate.', stunnel),
  line(
    'verifyChain',
    'yes',
    'Both ends show a certificate of that authority, or there is no tunnel.',
    stunnel,
  ),
  line('TIMEOUTconnect', '2', 'A host that is gone is given up soon (in seconds).', stunnel),
  line('TIMEOUTclose', '0', 'Redis closes without ceremony; no connection lingers.', stunnel),
]

const wayIn = (site: Site, host: Host, service: Service, port: number): Block => ({
  title: service,
  directives: [
    line('accept', `${host.address}:${port}`, 'TLS arrives at the address of the host.', stunnel),
    line(
      'connect',
      `${tokenAddress(site, host)}:${port}`,
      `And goes on to the ${nameOf(service)} of this host, which listens on loopback only.`,
      measured,
    ),
  ],
})

const wayOut = (site: Site, peer: Host, service: Service, port: number): Block => ({
  title: `${service}-of-${peer.name}`,
  directives: [
    line('client', 'yes', 'This end begins the TLS connection.', stunnel),
    line(
      'accept',
      `${tokenAddress(site, peer)}:${port}`,
      `On every host this address means ${peer.name}: a failover may name it to anybody.`,
      measured,
    ),
    line('connect', `${peer.address}:${port}`, `The way to ${peer.name}.`, stunnel),
    line('checkHost', peer.name, 'Another host of the data centre cannot pose as this one.', stunnel),
  ],
})

const nameOf = (service: Service) => (service === 'redis' ? 'Redis' : 'Sentinel')
