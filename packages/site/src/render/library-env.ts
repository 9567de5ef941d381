import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { DataCentre } from '../file/site.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type Directive, type Document, line, secretLine } from './document.ts'
import { assignments, environmentValue } from './formats.ts'
import type { TlsFiles } from './node-plan.ts'
import { SOURCE } from './sources.ts'

const { holdfast } = SOURCE

/**
 * The options of `createRedisStore` as environment variables, for an application that uses the library. For
 * `EnvironmentFile` of systemd, a shell and `node --env-file`. `storeOptionsFromEnvironment` of the library reads them.
 */
export const libraryEnvironment = (
  dataCentre: DataCentre,
  sentinels: NodeAddress[],
  tls: TlsFiles | null,
  secrets: Secrets,
): Document => ({
  heading: 'Rendered by Holdfast for applications that use its library: the options of createRedisStore.',
  format: assignments,
  blocks: [
    {
      title: 'store',
      directives: [
        ...groupDirectives(dataCentre, sentinels, secrets),
        secretLine(
          'HOLDFAST_KEYRING',
          environmentValue(JSON.stringify(secrets.keyring)),
          'The keys that encrypt the data for lists of sessions. Every application of the data centre has the same.',
          holdfast,
        ),
        ...tlsDirectives(tls),
      ],
    },
  ],
})

/** How to reach the group, for `holdfast proxy`. It has no keys of sessions: the proxy reads none. */
export const groupEnvironment = (
  dataCentre: DataCentre,
  sentinels: NodeAddress[],
  tls: TlsFiles | null,
  secrets: Secrets,
): Document => ({
  heading: 'Rendered by Holdfast for its Redis proxy: change holdfast.yaml instead.',
  format: assignments,
  blocks: [
    {
      title: 'group',
      directives: [...groupDirectives(dataCentre, sentinels, secrets), ...tlsDirectives(tls)],
    },
  ],
})

const groupDirectives = (
  { name, primaryName }: DataCentre,
  sentinels: NodeAddress[],
  secrets: Secrets,
): Directive[] => [
  line('HOLDFAST_DATA_CENTRE', name, 'Tokens of other data centres are rejected here.', holdfast),
  line(
    'HOLDFAST_SENTINELS',
    environmentValue(sentinels.map(formatAddress).join(',')),
    'The Sentinels know the address of the primary.',
    holdfast,
  ),
  line(
    'HOLDFAST_PRIMARY_NAME',
    primaryName,
    'The name under which the Sentinels monitor the primary.',
    holdfast,
  ),
  line('HOLDFAST_GROUP_MARK', secrets.mark, 'A Redis with another group id is rejected.', holdfast),
  line('HOLDFAST_USERNAME', 'app', 'The ACL user on each Redis.', holdfast),
  secretLine('HOLDFAST_PASSWORD', environmentValue(secrets.app), 'The password of that user.', holdfast),
  line('HOLDFAST_SENTINEL_USERNAME', 'app', 'The ACL user on each Sentinel.', holdfast),
  secretLine(
    'HOLDFAST_SENTINEL_PASSWORD',
    environmentValue(secrets.sentinelApp),
    'The password of that user.',
    holdfast,
  ),
]

const tlsDirectives = (tls: TlsFiles | null): Directive[] =>
  tls === null
    ? []
    : [
        line(
          'HOLDFAST_TLS_CA_FILE',
          tls.authority,
          'Only certificates that this authority signed are trusted.',
          holdfast,
        ),
        line('HOLDFAST_TLS_CERT_FILE', tls.certificate, 'Redis requires a client certificate.', holdfast),
        line('HOLDFAST_TLS_KEY_FILE', tls.key, 'The key of that certificate.', holdfast),
      ]
