import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { TlsFailedError } from '@holdfast/tokens'
import { Connection, type NodeAddress, REDIS_ACL_RULES, SENTINEL_ACL_RULES } from '@holdfast/tokens/redis'
import type { ShiftableClock } from './clock.ts'
import { findFreePorts } from './leases.ts'
import { PRIMARY_NAME, TEST_USERS } from './names.ts'
import { ServerProcess } from './server-process.ts'
import { listenLines, type ServerTls } from './server-tls.ts'

const REPLICA_PASSWORD = 'test-replica-password'
/** The addresses of one server of the group: its own port, and the port under which all other servers know it. */
export interface Place {
  host: string
  ownPort: number
  port: number
}

export interface RedisSettings {
  /** Additional lines of redis.conf. */
  redisConfig?: string
  /** Accept only TLS connections, and request a certificate from clients. Without this, the server does not use TLS. */
  tls?: ServerTls | undefined
  /** The clocks that the Redis reads. Default is the machine's clocks. */
  clock?: ShiftableClock | undefined
}

export interface SentinelSettings {
  /** Accept only TLS connections, and request a certificate from clients. Without this, the server does not use TLS. */
  tls?: ServerTls | undefined
  /** Sentinel's `down-after-milliseconds`. Default is 1500; smaller values are unsafe (FACT-16). */
  downAfterMs?: number
  /** Sentinel's `failover-timeout`. Default is 6000. */
  failoverTimeoutMs?: number
}

export async function localPlace(host = '127.0.0.1'): Promise<Place> {
  const [port = 0] = await findFreePorts(1)
  return { host, ownPort: port, port }
}

export function placeOf({ address, ownAddress }: ServerProcess): Place {
  return { host: address.host, ownPort: ownAddress.port, port: address.port }
}

/** Creates a Redis that replicates `primary`, or a primary if `primary` is its own place. */
export async function makeRedis(
  folder: string,
  { host, ownPort, port }: Place,
  primary: Place,
  { redisConfig = '', tls, clock }: RedisSettings,
): Promise<ServerProcess> {
  const home = join(folder, `redis-${ownPort}`)
  const { admin, app } = TEST_USERS
  await mkdir(home)
  await writeFile(
    join(home, 'users.acl'),
    // This user is off, so clients cannot log in as it. It has all rights, because Redis loads its AOF as this
    // user, and would otherwise skip the combined writes of a script (FACT-33).
    `user default off ~* &* +@all
user admin on >${admin.password} ~* &* +@all
user replica on >${REPLICA_PASSWORD} -@all +psync +replconf +ping
user app on >${app.password} ${REDIS_ACL_RULES}
`,
  )
  await writeFile(
    join(home, 'redis.conf'),
    `bind ${host}
bind-source-addr ${host}
${await listenLines(home, ownPort, tls)}
replica-announce-ip ${host}
replica-announce-port ${port}
dir ${home}
aclfile ${join(home, 'users.acl')}
masteruser replica
masterauth ${REPLICA_PASSWORD}
min-replicas-to-write 1
min-replicas-max-lag 3
appendonly yes
save ""
repl-diskless-sync yes
repl-diskless-sync-delay 0
maxmemory-policy noeviction
enable-debug-command yes
${port === primary.port ? '' : `replicaof ${primary.host} ${primary.port}`}
${redisConfig}
`,
  )
  return new ServerProcess({
    address: { host, port },
    ownAddress: { host, port: ownPort },
    command: 'redis-server',
    args: [join(home, 'redis.conf')],
    logFile: join(home, 'log'),
    isReady: () => answers({ host, port: ownPort }, tls),
    ...(clock && { env: clock.env }),
  })
}

/** Creates a Sentinel that watches `primary`. */
export async function makeSentinel(
  folder: string,
  { host, ownPort, port }: Place,
  primary: Place,
  { downAfterMs = 1500, failoverTimeoutMs = 6000, tls }: SentinelSettings,
): Promise<ServerProcess> {
  const home = join(folder, `sentinel-${ownPort}`)
  const { admin, app } = TEST_USERS
  await mkdir(home)
  await writeFile(
    join(home, 'sentinel.conf'),
    `bind ${host}
bind-source-addr ${host}
${await listenLines(home, ownPort, tls)}
dir ${home}
user default off
user admin on >${admin.password} ~* &* +@all
user app on >${app.password} ${SENTINEL_ACL_RULES}
sentinel announce-ip ${host}
sentinel announce-port ${port}
sentinel sentinel-user admin
sentinel sentinel-pass ${admin.password}
sentinel monitor ${PRIMARY_NAME} ${primary.host} ${primary.port} 2
sentinel auth-user ${PRIMARY_NAME} admin
sentinel auth-pass ${PRIMARY_NAME} ${admin.password}
sentinel down-after-milliseconds ${PRIMARY_NAME} ${downAfterMs}
sentinel failover-timeout ${PRIMARY_NAME} ${failoverTimeoutMs}
`,
  )
  const ownAddress = { host, port: ownPort }
  return new ServerProcess({
    address: { host, port },
    ownAddress,
    command: 'redis-server',
    args: [join(home, 'sentinel.conf'), '--sentinel'],
    logFile: join(home, 'log'),
    isReady: () => answers(ownAddress, tls),
  })
}

/** A server also counts as ready if its certificate is wrong on purpose. */
async function answers(address: NodeAddress, tls: ServerTls | undefined): Promise<boolean> {
  try {
    const connection = await Connection.open({ address, ...TEST_USERS.admin, ...(tls && { tls }) })
    connection.close()
    return true
  } catch (error) {
    return error instanceof TlsFailedError
  }
}
