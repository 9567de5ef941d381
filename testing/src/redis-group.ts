import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connection, type Reply } from '@holdfast/tokens/redis'
import type { ShiftableClock } from './clock.ts'
import { findFreePorts } from './leases.ts'
import { PRIMARY_NAME, TEST_MARK, TEST_USERS } from './names.ts'
import type { Network } from './network.ts'
import {
  localPlace,
  makeRedis,
  makeSentinel,
  type Place,
  placeOf,
  type RedisSettings,
  type SentinelSettings,
} from './redis-servers.ts'
import type { ServerProcess } from './server-process.ts'

/** The names of the hosts in a network. */
const REDIS_HOSTS = ['a', 'b', 'c']
const SENTINEL_HOSTS = ['sa', 'sb', 'sc']
/** Longer than the delivery of a Sentinel's last greeting takes. */
const FORGOTTEN_MS = 700
const FORGET_TRIES = 20
const MARKED_MS = 10_000

export interface RedisGroupOptions extends Omit<RedisSettings & SentinelSettings, 'clock'> {
  /**
   * The clocks of each Redis, the first primary's first. Default is the machine's clock. Sentinels always read the
   * machine's clock.
   */
  clocks?: readonly ShiftableClock[]
  /** The value of the group id (`hf:mark`). Default is {@link TEST_MARK}. */
  mark?: string
  /**
   * Put the Redis on hosts `a` (the first primary), `b` and `c` of this network, where a test can cut and delay
   * links. The Sentinels are on the separate hosts `sa`, `sb` and `sc`, so that a cut can separate a Redis from the
   * Sentinel of its data host. Default is 127.0.0.1 for all.
   */
  network?: Network
  /** Whether the Sentinels send INFO and greetings more often than by default (FACT-27). Default is true. */
  quickSentinels?: boolean
}

/** Three real Redis and three real Sentinels, on free ports of loopback. The first Redis starts as primary. */
export class RedisGroup {
  readonly redis: ServerProcess[]
  readonly sentinels: ServerProcess[]
  readonly #folder: string
  readonly #options: RedisGroupOptions

  private constructor(
    redis: ServerProcess[],
    sentinels: ServerProcess[],
    folder: string,
    options: RedisGroupOptions,
  ) {
    this.redis = redis
    this.sentinels = sentinels
    this.#folder = folder
    this.#options = options
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
    if (primary === undefined) throw new Error('The group has no hosts.')
    const redis = await Promise.all(
      places
        .slice(0, REDIS_HOSTS.length)
        .map((place, index) =>
          makeRedis(folder, place, primary, { ...options, clock: options.clocks?.[index] }),
        ),
    )
    const sentinels = await Promise.all(
      places.slice(REDIS_HOSTS.length).map((place) => makeSentinel(folder, place, primary, options)),
    )
    const group = new RedisGroup(redis, sentinels, folder, options)
    const { mark = TEST_MARK } = options
    try {
      await Promise.all(redis.map((server) => server.start()))
      await group.#setMark(mark)
      await Promise.all(sentinels.map((server) => server.start()))
      await group.setSentinelPeriods(500, 250)
      await group.untilHealthy()
      await group.#waitUntilMarked(mark)
      if (options.quickSentinels === false) await group.setSentinelPeriods(10_000, 2000)
    } catch (error) {
      await group.stop()
      throw error
    }
    return group
  }

  /** How an application connects to the group: the options of a store, without its data centre and key ring. */
  get access() {
    const { username, password } = TEST_USERS.app
    return {
      sentinels: this.sentinels.map(({ address }) => address),
      primaryName: PRIMARY_NAME,
      ...{ username, password, sentinelUsername: username, sentinelPassword: password },
    }
  }

  /** Starts one more replica of the current primary, at an address of loopback. */
  async addReplica(host = '127.0.0.1'): Promise<ServerProcess> {
    const server = await makeRedis(
      this.#folder,
      await localPlace(host),
      placeOf(await this.primary()),
      this.#options,
    )
    this.redis.push(server)
    await server.start()
    return server
  }

  /** Starts one more Sentinel, on 127.0.0.1. The other Sentinels find it within two seconds. */
  async addSentinel(): Promise<ServerProcess> {
    const server = await makeSentinel(
      this.#folder,
      await localPlace(),
      placeOf(await this.primary()),
      this.#options,
    )
    this.sentinels.push(server)
    await server.start()
    await this.run(server, 'SENTINEL', 'DEBUG', 'info-period', '500', 'publish-period', '250')
    return server
  }

  /** Stops a Sentinel or a replica permanently, and makes the remaining Sentinels forget it. */
  async remove(server: ServerProcess): Promise<void> {
    await server.kill()
    for (const servers of [this.redis, this.sentinels]) {
      const index = servers.indexOf(server)
      if (index >= 0) servers.splice(index, 1)
    }
    // A greeting of the removed server may still arrive, and the Sentinels would then know the server again.
    for (const sentinel of this.sentinels) await this.#forget(sentinel, server)
  }

  /** Waits until a Sentinel has not known a server for longer than the delivery of a greeting takes. */
  async #forget(sentinel: ServerProcess, gone: ServerProcess): Promise<void> {
    for (let tries = 0; tries < FORGET_TRIES; tries++) {
      await this.run(sentinel, 'SENTINEL', 'RESET', PRIMARY_NAME)
      await new Promise((resolve) => setTimeout(resolve, FORGOTTEN_MS))
      if (!(await this.isKnown(gone, sentinel))) return
    }
    throw new Error(`A Sentinel still knows the server at port ${gone.port}.`)
  }

  /** Whether a Sentinel lists the server as a replica or as another Sentinel. */
  async isKnown(server: ServerProcess, sentinel: ServerProcess): Promise<boolean> {
    const questions = ['SENTINELS', 'REPLICAS'] as const
    const replies = await Promise.all(
      questions.map((question) => this.run(sentinel, 'SENTINEL', question, PRIMARY_NAME)),
    )
    return replies.flatMap(readPorts).includes(server.port)
  }

  /** Runs a command as administrator on one Redis or Sentinel. */
  async run(server: ServerProcess, ...args: string[]) {
    const { tls } = this.#options
    const connection = await Connection.open({
      address: server.ownAddress,
      ...TEST_USERS.admin,
      ...(tls && { tls }),
    })
    try {
      return await connection.send(args, 5000)
    } finally {
      connection.close()
    }
  }

  /** The Redis that reports the role of primary and has the most replicas. */
  async primary(): Promise<ServerProcess> {
    const primaries: { server: ServerProcess; replicas: number }[] = []
    for (const server of this.redis) {
      const info = String(await this.run(server, 'INFO', 'replication').catch(() => ''))
      if (!/^role:master/m.test(info)) continue
      primaries.push({ server, replicas: Number(/^connected_slaves:(\d+)/m.exec(info)?.[1]) })
    }
    primaries.sort((a, b) => b.replicas - a.replicas)
    const [first] = primaries
    if (first === undefined) throw new Error('No Redis reports the role of primary.')
    return first.server
  }

  async replicas(): Promise<ServerProcess[]> {
    const primary = await this.primary()
    return this.redis.filter((server) => server !== primary)
  }

  /** Waits until one primary has two synchronized replicas and every Sentinel knows all nodes. */
  async untilHealthy(timeoutMs = 30_000): Promise<void> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const missing = await this.#missing().catch(String)
      if (missing === null) return
      if (Date.now() > deadline)
        throw new Error(`The group did not become healthy within ${timeoutMs} ms: ${missing}.`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** Sets how often the Sentinels send INFO and publish greetings (in milliseconds). Stock is 10,000 and 2000. */
  async setSentinelPeriods(infoMs: number, publishMs: number): Promise<void> {
    const periods = ['info-period', String(infoMs), 'publish-period', String(publishMs)]
    await Promise.all(this.sentinels.map((server) => this.run(server, 'SENTINEL', 'DEBUG', ...periods)))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sentinels, ...this.redis].map((server) => server.kill()))
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** Describes why the group is not healthy. Null when it is healthy. */
  async #missing(): Promise<string | null> {
    const infos = await Promise.all(
      this.redis.map(async (server) => String(await this.run(server, 'INFO', 'replication'))),
    )
    const primaries = infos.filter((info) => /^role:master/m.test(info))
    if (primaries.length !== 1) return `${primaries.length} Redis report the role of primary`
    const online = (primaries[0]?.split('state=online').length ?? 1) - 1
    if (online !== infos.length - 1) return `${online} replicas are online`
    const linked = infos.filter((info) => /^master_link_status:up/m.test(info)).length
    if (linked !== infos.length - 1) return `${linked} replicas have a link to the primary`
    for (const sentinel of this.sentinels) {
      const quorum = String(await this.run(sentinel, 'SENTINEL', 'CKQUORUM', PRIMARY_NAME))
      if (!quorum.startsWith(`OK ${this.sentinels.length} `))
        return `the Sentinel at port ${sentinel.port} answered ${quorum}`
      const replicas = await this.run(sentinel, 'SENTINEL', 'REPLICAS', PRIMARY_NAME)
      const known = Array.isArray(replicas) ? replicas.length : 0
      if (known !== infos.length - 1) return `the Sentinel at port ${sentinel.port} knows ${known} replicas`
    }
    return null
  }

  /**
   * Waits until every Redis has the group id. A replica that has just synchronised counts as online, but receives no
   * writes until it has acknowledged the synchronisation, up to a second later (FACT-12). If Sentinel promoted it
   * before that, the new primary would lack the group id.
   */
  async #waitUntilMarked(mark: string): Promise<void> {
    const deadline = Date.now() + MARKED_MS
    for (const server of this.redis) {
      while (String(await this.run(server, 'GET', 'hf:mark')) !== mark) {
        if (Date.now() > deadline)
          throw new Error(`The Redis at port ${server.port} did not get the group id within ${MARKED_MS} ms.`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }

  async #setMark(mark: string): Promise<void> {
    const [primary] = this.redis
    if (primary === undefined) return
    for (let tries = 0; ; tries++) {
      // The primary answers NOREPLICAS until the first replica is linked.
      const reply = await this.run(primary, 'SET', 'hf:mark', mark).catch((error: Error) => error)
      if (reply === 'OK') return
      if (tries > 200) throw reply
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** The ports of the servers that a reply to `SENTINEL SENTINELS` or `SENTINEL REPLICAS` lists. */
function readPorts(reply: Reply): number[] {
  if (!Array.isArray(reply)) throw new Error('The Sentinel answered without a list of servers.')
  return reply.map((listed) => {
    const port =
      listed !== null && typeof listed === 'object' && 'port' in listed ? Number(String(listed.port)) : NaN
    if (!Number.isInteger(port)) throw new Error('The Sentinel listed a server without a port.')
    return port
  })
}
