import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { Site } from '../site/site.ts'
import { documentedPassword } from './as-documented.ts'
import { platformPassword } from './derived-secrets.ts'
import { type Directive, jsonEntries, line, secretLine } from './directive.ts'
import type { Document } from './document.ts'
import { assignments, json } from './formats.ts'
import type { HostCertificate } from './host-certificate.ts'
import { shellValue } from './quoted.ts'
import { SOURCE } from './sources.ts'

const { platform } = SOURCE

/** How many times the platform tries again before it fails a request, and before it shuts down: its own values. */
const RETRIES = 20

interface Access {
  primaryName: string
  sentinels: NodeAddress[]
  /** Null: Redis has one password and no users. */
  user: string | null
  password: string
  /** Options of Node's `tls.connect`; null: the client speaks plain. */
  tls: Tls | null
}

/** Without any: whoever renders has no certificate for the host, and it is to be put in. */
type Tls = { ca: string; cert: string; key: string } | Record<string, never>

export function accessOf(
  site: Site,
  primaryName: string,
  sentinels: NodeAddress[],
  secrets: Secrets,
  certificate: HostCertificate | null,
): Access {
  const documented = site.profile === 'as-documented'
  return {
    primaryName,
    sentinels,
    user: documented ? null : 'platform',
    password: documented ? documentedPassword(secrets) : platformPassword(secrets),
    tls: site.transport === 'tls' ? tlsOf(certificate) : null,
  }
}

const tlsOf = (certificate: HostCertificate | null): Tls =>
  certificate === null
    ? {}
    : { ca: certificate.authority, cert: certificate.certificate, key: certificate.key }

const TLS_WHY = {
  redis: 'Encrypts the way to Redis, which asks for a certificate, too.',
  inSentinelMode: 'Without it the client speaks plain to a Redis that Sentinels name, whatever is in tls.',
  sentinel: 'Encrypts the way to the Sentinels.',
  missing: 'No certificate was there for this host: put in ca, cert and key, as text in PEM, before use.',
}

/** The property `redisProps` of Itential 2023.2, as JSON. */
export function redisProps(access: Access): Document {
  const { put, hide } = jsonEntries(platform)
  const { user, password, tls } = access
  return {
    heading: '',
    format: json,
    blocks: [
      {
        title: 'redisProps',
        directives: [
          put('db', 0, 'Redis has one database.'),
          put('host', null, 'The Sentinels say where the primary is.'),
          put('name', access.primaryName, 'Under this name they watch it.'),
          ...(user === null ? [] : [put('username', user, 'Its own user on each Redis.')]),
          hide('password', password, "That user's password."),
          put('sentinels', access.sentinels, 'All of them: one that is down is passed over.'),
          ...(user === null
            ? []
            : [
                put('sentinelUsername', user, 'Its own user on each Sentinel.'),
                hide('sentinelPassword', password, "That user's password."),
              ]),
          ...(tls === null
            ? []
            : [
                hide('tls', tls, whyOf('redis', tls)),
                put('enableTLSForSentinelMode', true, TLS_WHY.inSentinelMode),
                hide('sentinelTLS', tls, whyOf('sentinel', tls)),
              ]),
          put('maxRetriesPerRequest', RETRIES, 'Long enough to wait a failover out.'),
          put('maxHeartbeatWriteRetries', RETRIES, 'The platform shuts down when these run out.'),
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

/** The same as variables of the environment, for systemd's `EnvironmentFile` and for a shell. */
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

function propertiesOf({ primaryName, sentinels, user, password, tls }: Access): Directive[] {
  return [
    line('redis_db', '0', 'Redis has one database.', platform),
    line('redis_name', primaryName, 'Under this name the Sentinels watch the primary.', platform),
    line(
      'redis_sentinels',
      JSON.stringify(sentinels),
      'All of them: one that is down is passed over.',
      platform,
    ),
    ...(user === null
      ? []
      : [
          line('redis_username', user, 'Its own user on each Redis.', platform),
          line('redis_sentinel_username', user, 'Its own user on each Sentinel.', platform),
          secretLine('redis_sentinel_password', password, "That user's password.", platform),
        ]),
    secretLine('redis_password', password, 'How it gets in.', platform),
    line('redis_max_retries_per_request', String(RETRIES), 'Long enough to wait a failover out.', platform),
    line(
      'redis_max_heartbeat_write_retries',
      String(RETRIES),
      'The platform shuts down when these run out.',
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
