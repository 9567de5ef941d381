import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import type { DataCentre } from '../site/site.ts'
import { line, secretLine } from './directive.ts'
import type { Document } from './document.ts'
import { assignments } from './formats.ts'
import type { TlsFiles } from './node-plan.ts'
import { environmentValue } from './quoted.ts'
import { SOURCE } from './sources.ts'

const { holdfast } = SOURCE

/**
 * The options of `createRedisStore` as variables of the environment, for an application that uses the library: for
 * systemd's `EnvironmentFile`, a shell and `node --env-file`. `storeOptionsFromEnvironment` of the library reads them.
 */
export function libraryEnvironment(
  { name, primaryName }: DataCentre,
  sentinels: NodeAddress[],
  tls: TlsFiles | null,
  secrets: Secrets,
): Document {
  return {
    heading: "Rendered by Holdfast for applications that use its library: createRedisStore's options.",
    format: assignments,
    blocks: [
      {
        title: 'store',
        directives: [
          line('HOLDFAST_DATA_CENTRE', name, 'Its tokens mean nothing in any other.', holdfast),
          line(
            'HOLDFAST_SENTINELS',
            environmentValue(sentinels.map(formatAddress).join(',')),
            'They say where the primary is.',
            holdfast,
          ),
          line('HOLDFAST_PRIMARY_NAME', primaryName, 'Under this name they watch it.', holdfast),
          line('HOLDFAST_GROUP_MARK', secrets.mark, 'A Redis with another mark is refused.', holdfast),
          line('HOLDFAST_USERNAME', 'app', 'Its user on each Redis.', holdfast),
          secretLine('HOLDFAST_PASSWORD', environmentValue(secrets.app), "That user's password.", holdfast),
          line('HOLDFAST_SENTINEL_USERNAME', 'app', 'Its user on each Sentinel.', holdfast),
          secretLine(
            'HOLDFAST_SENTINEL_PASSWORD',
            environmentValue(secrets.sentinelApp),
            "That user's password.",
            holdfast,
          ),
          secretLine(
            'HOLDFAST_KEYRING',
            environmentValue(JSON.stringify(secrets.keyring)),
            'What seals the names of the sessions. The same for every application of the data centre.',
            holdfast,
          ),
          ...(tls === null
            ? []
            : [
                line('HOLDFAST_TLS_CA_FILE', tls.authority, 'No other certificate is believed.', holdfast),
                line('HOLDFAST_TLS_CERT_FILE', tls.certificate, 'Redis asks for one.', holdfast),
                line('HOLDFAST_TLS_KEY_FILE', tls.key, 'The key of that certificate.', holdfast),
              ]),
        ],
      },
    ],
  }
}
