import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection, type NodeAddress, REDIS_ACL_RULES, SENTINEL_ACL_RULES } from '@holdfast/tokens/redis'
import type { Network } from './network.ts'
import { findFreePorts } from './ports.ts'
import { ServerProcess } from './server-process.ts'

export const PRIMARY_NAME = 'mymaster'
/** The value of the group's mark in every test group. */
export const TEST_MARK = 'mark-of-the-test-group'

/** Passwords of a test's own short-lived processes on loopback. */
export const TEST_USERS = {
  admin: { username: 'admin', password: 'test-admin-password' },
  app: { username: 'app', password: 'test-app-password' },
} as const

const REPLICA_PASSWORD = 'test-replica-password'
/** The names of the hosts in a network. */
const REDIS_HOSTS = ['a', 'b', 'c']
const SENTINEL_HOSTS = ['sa', 'sb', 'sc']

export interface RedisGroupOptions {
  /** Sentinel's `down-after-milliseconds`. Default is 1500: less is unsafe (FACTS 1b). */
  downAfterMs?: number
  /** Sentinel's `failover-timeout`. Default is 6000. */
  failoverTimeoutMs?: number
  /** Further lines of every redis.conf. */
  redisConfig?: string
  /**
   * Put the Redis on hosts `a` (the first primary), `b` and `c` of this network, where links can be
   * cut and delayed. The Sentinels are on hosts of their own, `sa`, `sb` and `sc`, so that a cut need not run
   * along the lines of the data hosts. Default is 127.0.0.1 for all.
   */
  network?: Network
  /** Whether the Sentinels keep asking and telling more often than by default (FACTS 1). Default is true. */
  quickSentinels?: boolean
}

/** Where one server of the group is: its own port, and the one under which all others know it. */
interface Place {
  host: string
  ownPort: number
  port: number
}

/** Three real Redis, the first of them primary, and three real Sentinels, on free ports of loopback. */
export class RedisGroup {
  readonly redis: ServerProcess[]
  readonly sentinels: ServerProcess[]
  readonly #folder: string

  private constructor(redis: ServerProcess[], sentinels: ServerProcess[], folder: string) {
    this.redis = redis
    this.sentinels = sentinels
    this.#folder = folder
  }

  static async start(options: RedisGroupOptions = {}): Promise<RedisGroup> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
    const hosts = [...REDIS_HOSTS, ...SENTINEL_HOSTS].map(
      (name) => options.network?.addHost(name) ?? '127.0.0.1',
    )
    const ports = await findFreePorts(hosts.length)
    const places = await Promise.all(
      ports.map(async (ownPort, index): Promise<Place> => {
        const host = hosts[index] ?? ''
        return { host, ownPort, port: (await options.network?.relay(host, ownPort)) ?? ownPort }
      }),
    )
    const [primary] = places
    if (primary === undefined) throw new Error('There are no hosts.')
    const redis = await Promise.all(
      places.slice(0, REDIS_HOSTS.length).map((place) => makeRedis(folder, place, primary, options)),
    )
    const sentinels = await Promise.all(
      places.slice(REDIS_HOSTS.length).map((place) => makeSentinel(folder, place, primary, options)),
    )
    const group = new RedisGroup(redis, sentinels, folder)
    try {
      await Promise.all(redis.map((server) => server.start()))
      await group.#setMark()
      await Promise.all(sentinels.map((server) => server.start()))
      await group.setSentinelPeriods(500, 250)
      await group.waitUntilWhole()
      if (options.quickSentinels === false) await group.setSentinelPeriods(10_000, 2000)
    } catch (error) {
      await group.stop()
      throw error
    }
    return group
  }

  /** Runs a command as administrator on one Redis or Sentinel. */
  async run(server: ServerProcess, ...args: string[]) {
    const connection = await Connection.open({ address: server.ownAddress, ...TEST_USERS.admin })
    try {
      return await connection.send(args, 5000)
    } finally {
      connection.close()
    }
  }

  /** The Redis that calls itself primary and has replicas, or the first that calls itself primary. */
  async primary(): Promise<ServerProcess> {
    const primaries: { server: ServerProcess; replicas: number }[] = []
    for (const server of this.redis) {
      const info = String(await this.run(server, 'INFO', 'replication').catch(() => ''))
      if (!/^role:master/m.test(info)) continue
      primaries.push({ server, replicas: Number(/^connected_slaves:(\d+)/m.exec(info)?.[1]) })
    }
    primaries.sort((a, b) => b.replicas - a.replicas)
    const [first] = primaries
    if (first === undefined) throw new Error('No Redis calls itself primary.')
    return first.server
  }

  async replicas(): Promise<ServerProcess[]> {
    const primary = await this.primary()
    return this.redis.filter((server) => server !== primary)
  }

  /** Until one primary has two replicas in step and every Sentinel knows all of them. */
  async waitUntilWhole(timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      if (await this.#isWhole().catch(() => false)) return
      if (Date.now() > deadline) throw new Error('The group did not become whole in time.')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** How often the Sentinels ask for INFO and tell of themselves (in milliseconds). Stock is 10,000 and 2000. */
  async setSentinelPeriods(infoMs: number, publishMs: number): Promise<void> {
    const periods = ['info-period', String(infoMs), 'publish-period', String(publishMs)]
    await Promise.all(this.sentinels.map((server) => this.run(server, 'SENTINEL', 'DEBUG', ...periods)))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.redis].map((server) => server.kill()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #isWhole(): Promise<boolean> {
    const infos = await Promise.all(
      this.redis.map(async (server) => String(await this.run(server, 'INFO', 'replication'))),
    )
    const primaries = infos.filter(
      (info) => /^role:master/m.test(info) && info.split('state=online').length === 3,
    )
    const linked = infos.filter((info) => /^master_link_status:up/m.test(info))
    if (primaries.length !== 1 || linked.length !== 2) return false
    const views = await Promise.all(
      this.sentinels.map((server) => this.run(server, 'SENTINEL', 'CKQUORUM', PRIMARY_NAME)),
    )
    const known = await Promise.all(
      this.sentinels.map((server) => this.run(server, 'SENTINEL', 'REPLICAS', PRIMARY_NAME)),
    )
    return (
      views.every((reply) => String(reply).startsWith('OK 3 ')) &&
      known.every((reply) => Array.isArray(reply) && reply.length === 2)
    )
  }

  async #setMark(): Promise<void> {
    const [primary] = this.redis
    if (primary === undefined) return
    for (let tries = 0; ; tries++) {
      // NOREPLICAS until the first replica is linked.
      const reply = await this.run(primary, 'SET', 'hf:mark', TEST_MARK).catch((error: Error) => error)
      if (reply === 'OK') return
      if (tries > 200) throw reply
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function makeRedis(
  folder: string,
  { host, ownPort, port }: Place,
  primary: Place,
  { redisConfig = '' }: RedisGroupOptions,
): Promise<ServerProcess> {
  const home = join(folder, `redis-${ownPort}`)
  const { admin, app } = TEST_USERS
  await mkdir(home)
  await writeFile(
    join(home, 'users.acl'),
    // Off, so nobody can log in as it; but it may do everything, because Redis loads its AOF as this user, and
    // would leave out what a script wrote together (redis/redis#14541).
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
port ${ownPort}
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
    isReady: () => answers({ host, port: ownPort }),
  })
}

async function makeSentinel(
  folder: string,
  { host, ownPort, port }: Place,
  primary: Place,
  { downAfterMs = 1500, failoverTimeoutMs = 6000 }: RedisGroupOptions,
): Promise<ServerProcess> {
  const home = join(folder, `sentinel-${ownPort}`)
  const { admin, app } = TEST_USERS
  await mkdir(home)
  await writeFile(
    join(home, 'sentinel.conf'),
    `bind ${host}
bind-source-addr ${host}
port ${ownPort}
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
    isReady: () => answers(ownAddress),
  })
}

async function answers(address: NodeAddress): Promise<boolean> {
  try {
    const connection = await Connection.open({ address, ...TEST_USERS.admin })
    connection.close()
    return true
  } catch {
    return false
  }
}
