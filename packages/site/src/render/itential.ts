import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Site } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { documentedPassword } from './as-documented.ts'
import { platformPassword } from './derived-secrets.ts'
import { type Directive, type Document, jsonEntries, line, secretLine } from './document.ts'
import { assignments, json, shellValue } from './formats.ts'
import type { HostCertificate } from './host-certificate.ts'
import type { ProxyPorts } from './proxy-files.ts'
import { SOURCE } from './sources.ts'

const { platform } = SOURCE

/** How often the platform retries before it fails a request, and before it shuts down: the defaults of the platform. */
const RETRIES = 20

interface Access {
  primaryName: string
  servers: Servers
  /** Null: Redis has one password and no users. */
  user: string | null
  password: string
  /** Options of Node's `tls.connect`. Null: the connection is plain. */
  tls: Tls | null
}

/** Empty if the host has no certificate yet: the administrator adds it later. */
type Tls = { ca: string; cert: string; key: string } | Record<string, never>

/** What the platform connects to: the Sentinels of the group, or a proxy on its own host. */
type Servers =
  | { kind: 'group'; sentinels: NodeAddress[] }
  | { kind: 'proxy with a Sentinel port'; sentinels: [NodeAddress] }
  | { kind: 'proxy'; address: NodeAddress }

function serversOf(sentinels: NodeAddress[], proxy: ProxyPorts | null): Servers {
  if (proxy === null) return { kind: 'group', sentinels }
  const { clients, sentinelClients } = proxy
  return sentinelClients === null
    ? { kind: 'proxy', address: clients }
    : { kind: 'proxy with a Sentinel port', sentinels: [sentinelClients] }
}

export function accessOf(
  site: Site,
  primaryName: string,
  { sentinels, proxy }: { sentinels: NodeAddress[]; proxy: ProxyPorts | null },
  secrets: Secrets,
  certificate: HostCertificate | null,
): Access {
  const documented = site.profile === 'as-documented'
  return {
    primaryName,
    servers: serversOf(sentinels, proxy),
    user: documented ? null : 'platform',
    password: documented ? documentedPassword(secrets) : platformPassword(secrets),
    // Connections to the proxy stay on this host.
    tls: site.transport === 'tls' && proxy === null ? tlsOf(certificate) : null,
  }
}

const tlsOf = (certificate: HostCertificate | null): Tls =>
  certificate === null
    ? {}
    : { ca: certificate.authority, cert: certificate.certificate, key: certificate.key }

const TLS_WHY = {
  redis: 'Encrypts connections to Redis, which requires a client certificate.',
  inSentinelMode: 'Without it, the client connects to the primary without TLS, even if tls is set.',
  sentinel: 'Encrypts connections to the Sentinels.',
  missing: 'This host had no certificate: add ca, cert and key, as text in PEM, before use.',
}

const PROXY_WHY = 'The proxy on this host is one Redis that never fails.'
const SENTINELS_WHY = {
  group: 'All Sentinels. The client skips one that is down.',
  'proxy with a Sentinel port':
    'The proxy on this host, which names itself as the primary and accepts any login there.',
}

/** The property `redisProps` of Itential 2023.2, as JSON. */
export function redisProps(access: Access): Document {
  const { put, hide } = jsonEntries(platform)
  const { user, password, tls, servers } = access
  return {
    heading: '',
    format: json,
    blocks: [
      {
        title: 'redisProps',
        directives: [
          put('db', 0, 'This Redis has only one database.'),
          ...(servers.kind === 'proxy'
            ? [put('host', servers.address.host, PROXY_WHY), put('port', servers.address.port, 'See host.')]
            : [
                put('host', null, 'Null, because the Sentinels know the address of the primary.'),
                put('name', access.primaryName, 'The name under which the Sentinels monitor the primary.'),
              ]),
          ...(user === null ? [] : [put('username', user, 'The ACL user of the platform on each Redis.')]),
          hide('password', password, 'The password of that user.'),
          ...(servers.kind === 'proxy'
            ? []
            : [put('sentinels', servers.sentinels, SENTINELS_WHY[servers.kind])]),
          ...(user === null || servers.kind !== 'group'
            ? []
            : [
                put('sentinelUsername', user, 'The ACL user of the platform on each Sentinel.'),
                hide('sentinelPassword', password, 'The password of that user.'),
              ]),
          ...(tls === null
            ? []
            : [
                hide('tls', tls, whyOf('redis', tls)),
                put('enableTLSForSentinelMode', true, TLS_WHY.inSentinelMode),
                hide('sentinelTLS', tls, whyOf('sentinel', tls)),
              ]),
          put('maxRetriesPerRequest', RETRIES, 'Enough retries for a failover to finish.'),
          put('maxHeartbeatWriteRetries', RETRIES, 'The platform shuts down when these retries run out.'),
        ],
      },
    ],
  }
}

/** The same as properties of Platform 6. */
export const platformProperties = (access: Access): Document => ({
  heading: 'Rendered by Holdfast for Itential Platform 6: change holdfast.yaml instead.',
  format: assignments,
  blocks: [{ title: 'redis', directives: propertiesOf(access) }],
})

/** The same as environment variables, for `EnvironmentFile` of systemd and for a shell. */
export const platformEnvironment = (access: Access): Document => ({
  heading: 'Rendered by Holdfast for Itential Platform 6: change holdfast.yaml instead.',
  format: assignments,
  blocks: [
    {
      title: 'redis',
      directives: propertiesOf(access).map((property) => ({
        ...property,
        directive: `ITENTIAL_${property.directive.toUpperCase()}`,
        value: shellValue(property.value),
      })),
    },
  ],
})

function propertiesOf({ primaryName, servers, user, password, tls }: Access): Directive[] {
  return [
    line('redis_db', '0', 'This Redis has only one database.', platform),
    ...(servers.kind === 'proxy'
      ? [
          line('redis_host', servers.address.host, PROXY_WHY, platform),
          line('redis_port', String(servers.address.port), 'See redis_host.', platform),
        ]
      : [
          line(
            'redis_name',
            primaryName,
            'The name under which the Sentinels monitor the primary.',
            platform,
          ),
          line('redis_sentinels', JSON.stringify(servers.sentinels), SENTINELS_WHY[servers.kind], platform),
        ]),
    ...(user === null
      ? []
      : [line('redis_username', user, 'The ACL user of the platform on each Redis.', platform)]),
    ...(user === null || servers.kind !== 'group'
      ? []
      : [
          line('redis_sentinel_username', user, 'The ACL user of the platform on each Sentinel.', platform),
          secretLine('redis_sentinel_password', password, 'The password of that user.', platform),
        ]),
    secretLine('redis_password', password, 'The platform logs in to Redis with this password.', platform),
    line(
      'redis_max_retries_per_request',
      String(RETRIES),
      'Enough retries for a failover to finish.',
      platform,
    ),
    line(
      'redis_max_heartbeat_write_retries',
      String(RETRIES),
      'The platform shuts down when these retries run out.',
      platform,
    ),
    ...(tls === null
      ? []
      : [
          secretLine('redis_tls', JSON.stringify(tls), whyOf('redis', tls), platform),
          line('redis_enable_tls_for_sentinel_mode', 'true', TLS_WHY.inSentinelMode, platform),
          secretLine('redis_sentinel_tls', JSON.stringify(tls), whyOf('sentinel', tls), platform),
        ]),
  ]
}

const whyOf = (which: 'redis' | 'sentinel', tls: Tls): string =>
  'ca' in tls ? TLS_WHY[which] : `${TLS_WHY[which]} ${TLS_WHY.missing}`
