import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { Site } from '../site/site.ts'
import { documentedPassword } from './as-documented.ts'
import { platformPassword } from './derived-secrets.ts'
import { type Directive, jsonEntries, line, secretLine } from './directive.ts'
import type { Document } from './document.ts'
import { assignments, json } from './formats.ts'
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
  usesTls: boolean
}

export function accessOf(
  site: Site,
  primaryName: string,
  sentinels: NodeAddress[],
  secrets: Secrets,
): Access {
  const documented = site.profile === 'as-documented'
  return {
    primaryName,
    sentinels,
    user: documented ? null : 'platform',
    password: documented ? documentedPassword(secrets) : platformPassword(secrets),
    usesTls: site.transport === 'tls',
  }
}

/** The property `redisProps` of Itential 2023.2, as JSON. */
export function redisProps(access: Access): Document {
  const { put, hide } = jsonEntries(platform)
  const { user, password, usesTls } = access
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
          put('sentinels', access.sentinels, 'All three: one that is down is passed over.'),
          ...(user === null
            ? []
            : [
                put('sentinelUsername', user, 'Its own user on each Sentinel.'),
                hide('sentinelPassword', password, "That user's password."),
              ]),
          ...(usesTls
            ? [put('tls', {}, 'Turns TLS on. Put in ca, cert and key, as text in PEM, before use.')]
            : []),
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
        value: `'${property.value}'`,
      })),
    },
  ],
})

function propertiesOf({ primaryName, sentinels, user, password, usesTls }: Access): Directive[] {
  return [
    line('redis_db', '0', 'Redis has one database.', platform),
    line('redis_name', primaryName, 'Under this name the Sentinels watch the primary.', platform),
    line(
      'redis_sentinels',
      JSON.stringify(sentinels),
      'All three: one that is down is passed over.',
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
    ...(usesTls
      ? [
          line(
            'redis_tls',
            '{}',
            'Turns TLS on. Put in ca, cert and key, as text in PEM, before use.',
            platform,
          ),
        ]
      : []),
  ]
}
