import { formatAddress } from '@holdfast/tokens/redis'
import { priorityOf, REDIS_SETTINGS, type RedisSettings } from '../site/site.ts'
import { redisAddress } from '../topology/topology.ts'
import { type Document, textOf } from './document.ts'
import { directivesFrom } from './facts.ts'
import { words } from './formats.ts'
import { type LocalNode, listening, type NodePlan, planOf } from './node-plan.ts'
import { quoted, wordOf } from './quoted.ts'
import { REDIS_FACTS } from './redis-facts.ts'

/** Where one Redis keeps its files. */
export interface RedisPaths {
  dataFolder: string
  aclFile: string
}

export interface RedisPlan extends NodePlan, RedisPaths, RedisSettings {
  /** Sentinel promotes the lowest first; equal ones by how much they have. */
  priority: number
}

/**
 * `redis.conf` of one data host of a local data centre. It seeds the host once: Sentinel and `CONFIG REWRITE` own
 * the file afterwards. The first data host begins as the primary.
 */
export function renderRedisConf(local: LocalNode, paths: RedisPaths): string {
  const node = planOf(local, redisAddress(local.dataHost))
  return textOf(
    redisConf({
      ...node,
      ...paths,
      ...(local.topology.redis ?? REDIS_SETTINGS),
      priority: priorityOf(local.dataHost),
    }),
  )
}

/** `redis.conf` as Holdfast recommends it. */
export function redisConf(plan: RedisPlan): Document {
  const { engine, announce, primary, secrets, replicaBufferMb: buffer } = plan
  const directive = directivesFrom(REDIS_FACTS, engine)
  const follows = formatAddress(announce) !== formatAddress(primary)
  return {
    heading:
      'Seeded once by Holdfast. Redis and Sentinel rewrite this file; change a live node with CONFIG SET.',
    format: words,
    blocks: [
      {
        title: 'Where it listens.',
        directives: [
          ...listening(plan, directive),
          ...directive('databases', '1'),
          ...directive('dir', quoted(plan.dataFolder)),
          ...directive('aclfile', quoted(plan.aclFile)),
        ],
      },
      {
        title:
          plan.appendfsync === 'always'
            ? 'Every write reaches the disk before it is answered, on every node.'
            : 'Every write reaches the disk within about a second, on every node.',
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
            ? 'Full memory refuses logins; it never drops a session or a revocation.'
            : 'Full memory drops sessions and revocations.',
        directives: [
          ...directive('maxmemory', `${plan.maxmemoryMb}mb`),
          ...directive('maxmemory-policy', plan.maxmemoryPolicy),
        ],
      },
      {
        title: 'A primary that no replica follows refuses writes.',
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
