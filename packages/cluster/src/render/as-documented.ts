import type { NodeAddress } from '@holdfast/tokens/redis'
import type { Secrets } from '../secrets/secrets.ts'
import { PORT, type Timings } from '../topology/topology.ts'
import { type Directive, line, secretLine } from './directive.ts'
import type { Document } from './document.ts'
import { words } from './formats.ts'
import { quoted } from './quoted.ts'
import { SOURCE } from './sources.ts'

const { document } = SOURCE

/**
 * The one password that the document knows: whoever has it may do everything.
 */
export const documentedPassword = ({ admin }: Secrets): string => admin

/** `redis.conf` as the document "Shared Token Redis" prints it; without `primary` that of its master. */
export function documentedRedisConf(
  address: string,
  primary: NodeAddress | null,
  secrets: Secrets,
): Document {
  const password = quoted(documentedPassword(secrets))
  return documentOf('Basic master or slave config', [
    line('bind', address, 'The current server.', document),
    secretLine('requirepass', password, 'Nobody reaches the tokens without it.', document),
    secretLine('masterauth', password, 'The same at the primary, for a replica.', document),
    ...(primary === null
      ? []
      : [line('slaveof', `${primary.host} ${primary.port}`, 'Whom a replica follows at first.', document)]),
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
    line('bind', address, 'The current server.', document),
    line('port', String(PORT.sentinel), "Sentinel's usual port.", document),
    about(
      'monitor',
      `${primary.host} ${primary.port} ${quorum}`,
      'The primary, and how many must agree that it is down.',
    ),
    about('down-after-milliseconds', String(downAfterMs), 'How long it is silent until it counts as down.'),
    about('failover-timeout', String(failoverTimeoutMs), 'How long a failover may take.'),
    {
      ...about('auth-pass', quoted(documentedPassword(secrets)), 'How Sentinel gets in.'),
      isSecret: true,
    },
  ])
}

const documentOf = (title: string, directives: Directive[]): Document => ({
  heading: 'Exactly what the document "Shared Token Redis" prints. The profile "hardened" is safer.',
  format: words,
  blocks: [{ title: `${title}.`, directives }],
})
