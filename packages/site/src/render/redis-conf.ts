import { formatAddress } from '@holdfast/tokens/redis'
import { type Host, priorityOf, REDIS_SETTINGS, type RedisSettings, type Site } from '../file/site.ts'
import { redisAddress } from '../topology/topology.ts'
import { type Document, textOf } from './document.ts'
import { directivesFrom } from './engine.ts'
import { quoted, wordOf, words } from './formats.ts'
import { type LocalNode, listening, type NodePlan, planOf } from './node-plan.ts'
import { REDIS_FACTS } from './redis-facts.ts'

/** The paths of the files of one Redis. */
export interface RedisPaths {
  dataFolder: string
  aclFile: string
}

export interface RedisPlan extends NodePlan, RedisPaths, RedisSettings {
  /** Sentinel promotes the lowest priority first, and of equal priorities the replica with the most data. */
  priority: number
}

/**
 * Renders `redis.conf` of one data host of a local data centre. The file is written once; Sentinel and `CONFIG REWRITE`
 * change it afterwards. The first data host starts as the primary.
 */
export function renderRedisConf(local: LocalNode, paths: RedisPaths): string {
  const node = planOf(local, redisAddress(local.dataHost))
  return textOf(redisConf(redisPlan(local.plan.site, local.dataHost, node, paths)))
}

/** The plan of one Redis with the settings of its site, on a real host and in a local data centre. */
export const redisPlan = (
  { redis = REDIS_SETTINGS }: Site,
  host: Pick<Host, 'replicaPriority'>,
  node: NodePlan,
  paths: RedisPaths,
): RedisPlan => ({ ...node, ...paths, ...redis, priority: priorityOf(host) })

/** `redis.conf` as Holdfast recommends it. */
export function redisConf(plan: RedisPlan): Document {
  const { engine, announce, primary, secrets, replicaBufferMb: buffer } = plan
  const directive = directivesFrom(REDIS_FACTS, engine)
  const follows = formatAddress(announce) !== formatAddress(primary)
  return {
    heading:
      'Written once by Holdfast. Redis and Sentinel rewrite this file; change a running node with CONFIG SET.',
    format: words,
    blocks: [
      {
        title: 'Addresses, ports and files.',
        directives: [
          ...listening(plan, directive),
          ...directive('databases', '16'),
          ...directive('dir', quoted(plan.dataFolder)),
          ...directive('aclfile', quoted(plan.aclFile)),
        ],
      },
      {
        title:
          plan.appendfsync === 'always'
            ? 'Every node writes to its disk before it answers.'
            : 'Every node writes to its disk within about a second.',
        directives: [
          ...directive('appendonly', 'yes'),
          ...directive('appendfsync', plan.appendfsync),
          ...directive('no-appendfsync-on-rewrite', 'no'),
          ...directive('save', '""'),
        ],
      },
      {
        title:
          plan.maxmemoryPolicy === 'noeviction'
            ? 'With full memory, Redis rejects logins; it never drops a session or a revocation.'
            : 'With full memory, Redis drops sessions and revocations.',
        directives: [
          ...directive('maxmemory', `${plan.maxmemoryMb}mb`),
          ...directive('maxmemory-policy', plan.maxmemoryPolicy),
        ],
      },
      {
        title: 'A primary without a connected replica rejects writes.',
        directives: [
          ...(follows ? directive('replicaof', `${primary.host} ${primary.port}`) : []),
          ...directive('masteruser', 'replica'),
          ...directive('masterauth', wordOf(secrets.replica)),
          ...directive('replica-announce-ip', announce.host),
          ...directive('replica-announce-port', String(announce.port)),
          ...directive('replica-priority', String(plan.priority)),
          ...directive('min-replicas-to-write', '1'),
          ...directive('min-replicas-max-lag', '3'),
          ...directive('repl-timeout', '10'),
          ...directive('repl-ping-replica-period', '2'),
          ...directive('repl-backlog-size', `${plan.backlogMb}mb`),
          ...directive('client-output-buffer-limit replica', `${buffer}mb ${Math.ceil(buffer / 2)}mb 60`),
          ...directive('repl-diskless-sync', 'yes'),
          ...directive('repl-diskless-sync-delay', '0'),
          ...directive('repl-diskless-load', 'disabled'),
        ],
      },
    ],
  }
}
