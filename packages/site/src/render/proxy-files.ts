import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { ClusterError } from '../errors.ts'
import { proxyAddresses, proxySettings } from '../file/proxy-settings.ts'
import { type DataCentre, type Host, proxyUsers, type Site } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { proxyPassword } from './derived-secrets.ts'
import { type Document, type HostFile, line, secretLine } from './document.ts'
import { assignments, environmentValue } from './formats.ts'
import { configFile } from './host-paths.ts'
import { groupEnvironment } from './library-env.ts'
import type { TlsFiles } from './node-plan.ts'
import { SOURCE } from './sources.ts'

/** The ports of a proxy on its host. */
export interface ProxyPorts {
  clients: NodeAddress
  /** Null: it has no port for clients that ask Sentinels. */
  sentinelClients: NodeAddress | null
  /** Null: it has no port for clients on other hosts. */
  tlsClients: NodeAddress | null
}

/** Where the proxy of a host listens. Null: the host runs no proxy. Throws `RENDER_REFUSED`. */
export function proxyPorts(site: Site, host: Host): ProxyPorts | null {
  if (!host.runs.includes('proxy')) return null
  const settings = proxySettings(site)
  const { clients, sentinelClients } = proxyAddresses(settings)
  if (site.profile === 'as-documented') {
    throw new ClusterError(
      'RENDER_REFUSED',
      `Host ${host.name} runs a proxy, but the profile "as-documented" has no Redis users, which its clients need. Use the profile "hardened".`,
    )
  }
  if (clients === null) {
    throw new ClusterError(
      'RENDER_REFUSED',
      `\`proxy.listen\` must be an address with a port, such as 127.0.0.1:6380, got "${settings.listen}".`,
    )
  }
  const tlsClients = settings.tls === undefined ? null : { host: host.address, port: settings.tls.port }
  return { clients, sentinelClients, tlsClients }
}

/** Renders the environment of the proxy of a host, and a file with the login of each user of its clients. */
export function proxyFiles(
  site: Site,
  dataCentre: DataCentre,
  ports: ProxyPorts,
  access: { sentinels: NodeAddress[]; tls: TlsFiles | null; secrets: Secrets },
): HostFile[] {
  const { secrets } = access
  return [
    {
      name: 'proxy.env',
      installAt: configFile('proxy.env'),
      document: groupEnvironment(dataCentre, access.sentinels, access.tls, secrets),
    },
    ...Object.keys(proxyUsers(site, dataCentre)).map((user) => ({
      name: `redis-clients/${user}.env`,
      installAt: null,
      document: clientEnvironment(user, proxyPassword(secrets, user), dataCentre.primaryName, ports),
    })),
  ]
}

/** How a client of the proxy logs in. Clients differ in the names of their settings, so these are for people too. */
function clientEnvironment(
  user: string,
  password: string,
  primaryName: string,
  { clients, sentinelClients, tlsClients }: ProxyPorts,
): Document {
  const { holdfast } = SOURCE
  const login = `${user}:${encodeURIComponent(password)}`
  const url = `redis://${login}@${formatAddress(clients)}`
  return {
    heading: `Rendered by Holdfast: how a client logs in to the Redis proxy of its host as "${user}".`,
    format: assignments,
    blocks: [
      {
        title: 'client',
        directives: [
          secretLine('REDIS_URL', environmentValue(url), 'For clients that take a URL.', holdfast),
          line('REDIS_HOST', clients.host, 'The proxy, which is one Redis to its clients.', holdfast),
          line('REDIS_PORT', String(clients.port), 'See REDIS_HOST.', holdfast),
          line('REDIS_USERNAME', user, 'A user in `proxy.users` of holdfast.yaml.', holdfast),
          secretLine('REDIS_PASSWORD', environmentValue(password), 'The password of that user.', holdfast),
          ...(tlsClients === null
            ? []
            : [
                secretLine(
                  'REDIS_TLS_URL',
                  environmentValue(`rediss://${login}@${formatAddress(tlsClients)}`),
                  'For clients on other hosts. They must trust the authority of the data centre, ca.pem.',
                  holdfast,
                ),
              ]),
          ...(sentinelClients === null
            ? []
            : [
                line(
                  'REDIS_SENTINELS',
                  formatAddress(sentinelClients),
                  'For clients that must have Sentinels: the only one, which names the proxy as the primary.',
                  holdfast,
                ),
                line('REDIS_PRIMARY_NAME', primaryName, 'The name to ask it for.', holdfast),
              ]),
        ],
      },
    ],
  }
}
