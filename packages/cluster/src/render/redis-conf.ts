import type { Secrets } from '../secrets/secrets.ts'
import { type DataHost, redisAddress, type Topology } from '../topology/topology.ts'
import { quoted } from './quoted.ts'

/** Of every node: a switchover changes it for a moment. */
export const REPLICA_PRIORITY = 100

/** Where one Redis keeps its files. */
export interface RedisPaths {
  dataFolder: string
  aclFile: string
}

/**
 * `redis.conf` of one data host. It seeds the host once: Sentinel and `CONFIG REWRITE` own the file afterwards.
 * The first data host begins as the primary.
 */
export function renderRedisConf(
  topology: Topology,
  dataHost: DataHost,
  secrets: Secrets,
  paths: RedisPaths,
): string {
  const [first = dataHost] = topology.dataHosts
  const primary = redisAddress(first)
  const replicaOf = dataHost === first ? '' : `replicaof ${primary.host} ${primary.port}\n`
  return `# Seeded once by Holdfast. Redis and Sentinel rewrite this file; change a live node with CONFIG SET.
bind ${dataHost.host}
port ${dataHost.redisPort}
protected-mode yes
daemonize no
databases 1
dir ${quoted(paths.dataFolder)}
aclfile ${quoted(paths.aclFile)}

# Every write reaches the disk within about a second, on every node.
appendonly yes
appendfsync everysec
no-appendfsync-on-rewrite no
save ""

# Full memory refuses logins; it never drops a session or a revocation.
maxmemory 256mb
maxmemory-policy noeviction

${replicaOf}masteruser replica
masterauth ${secrets.replica}
replica-announce-ip ${dataHost.host}
replica-announce-port ${dataHost.redisPort}
replica-priority ${REPLICA_PRIORITY}
# A primary that no replica follows refuses writes.
min-replicas-to-write 1
min-replicas-max-lag 3
# A silent replica or primary is given up after this many seconds.
repl-timeout 10
repl-ping-replica-period 2
repl-backlog-size 64mb
client-output-buffer-limit replica 256mb 128mb 60
repl-diskless-sync yes
repl-diskless-sync-delay 0
repl-diskless-load disabled
`
}
