import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import { PORT, type Timings } from '../topology/topology.ts'
import { type Directive, type Document, line, secretLine } from './document.ts'
import { quoted, words } from './formats.ts'
import { SOURCE } from './sources.ts'

const { document } = SOURCE

/**
 * The single password of that document. A client that has it may do everything.
 */
export const documentedPassword = ({ admin }: Secrets): string => admin

/** `redis.conf` as the document "Shared Token Redis" prints it. Without `primary`: the file of the master. */
export function documentedRedisConf(
  address: string,
  primary: NodeAddress | null,
  secrets: Secrets,
): Document {
  const password = quoted(documentedPassword(secrets))
  return documentOf('Basic master or slave config', [
    line('bind', address, 'The address of this host.', document),
    secretLine('requirepass', password, 'Clients need this password.', document),
    secretLine('masterauth', password, 'A replica logs in to the primary with the same password.', document),
    ...(primary === null
      ? []
      : [
          line(
            'slaveof',
            `${primary.host} ${primary.port}`,
            'The primary that this replica follows at the first start.',
            document,
          ),
        ]),
  ])
}

/** `sentinel.conf` as the document prints it. */
export function documentedSentinelConf(
  address: string,
  primaryName: string,
  primary: NodeAddress,
  { downAfterMs, failoverTimeoutMs }: Timings,
  quorum: number,
  secrets: Secrets,
): Document {
  const about = (directive: string, value: string, why: string) =>
    line(`sentinel ${directive}`, `${primaryName} ${value}`, why, document)
  return documentOf('Basic Sentinel config', [
    line('bind', address, 'The address of this host.', document),
    line('port', String(PORT.sentinel), 'The usual port of Sentinel.', document),
    about(
      'monitor',
      `${primary.host} ${primary.port} ${quorum}`,
      'The primary, and how many Sentinels must agree that it is down.',
    ),
    about(
      'down-after-milliseconds',
      String(downAfterMs),
      'How long a node must be silent before Sentinel marks it as down (in milliseconds).',
    ),
    about('failover-timeout', String(failoverTimeoutMs), 'How long a failover may take (in milliseconds).'),
    {
      ...about(
        'auth-pass',
        quoted(documentedPassword(secrets)),
        'Sentinel logs in to Redis with this password.',
      ),
      isSecret: true,
    },
  ])
}

const documentOf = (title: string, directives: Directive[]): Document => ({
  heading:
    'Exactly the configuration that the document "Shared Token Redis" prints. The profile "hardened" is safer.',
  format: words,
  blocks: [{ title: `${title}.`, directives }],
})
