import type { ProxyOptions, ProxyStatus } from '@holdfast/proxy'
import { findFreePorts, PRIMARY_NAME, TEST_MARK, TEST_USERS } from '@holdfast/testing'
import type { NodeAddress } from '@holdfast/tokens/redis'
import type { DataCentre } from '../data-centre.ts'
import { startHaproxy } from '../haproxy.ts'
import { WorkerProcess } from '../worker-process.ts'
import type { RedisProxyWorker } from '../workers/redis-proxy.ts'
import type { Endpoint } from './client.ts'

export const SIDES = ['with the proxy', 'without'] as const
export type Side = (typeof SIDES)[number]

/** For how long the proxy lets a deposed primary answer reads (its default, in milliseconds). */
export const LEASE_MS = 1000

const CLIENT_USER = 'client'
const PASSWORDS = ['test-client-password', 'test-client-password-2'] as const
/** What the proxy needs of a client's user, beside the rights of the application (docs/proxy.md). */
const CLIENT_RULES = ['resetkeys', '~*', 'resetchannels', '&*', '+@all']

type Counters = Pick<ProxyStatus, 'sentAgain' | 'foundDone' | 'uncertain' | 'unavailable' | 'lostProofs'>

/** A group of Redis and Sentinels with a user for clients, a proxy, and HAProxy for clients without Sentinel mode. */
export class TestBed {
  readonly centre: DataCentre
  readonly #stack: AsyncDisposableStack
  readonly #port: number
  readonly #haproxyPort: number
  #proxy: WorkerProcess<RedisProxyWorker> | null = null

  private constructor(centre: DataCentre, stack: AsyncDisposableStack, ports: readonly number[]) {
    this.centre = centre
    this.#stack = stack
    const [port = 0, haproxyPort = 0] = ports
    this.#port = port
    this.#haproxyPort = haproxyPort
  }

  static async start(
    stack: AsyncDisposableStack,
    centre: DataCentre,
    { usesHaproxy = true, startsProxy = true }: { usesHaproxy?: boolean; startsProxy?: boolean } = {},
  ): Promise<TestBed> {
    const bed = new TestBed(centre, stack, await findFreePorts(2))
    await bed.setUser(CLIENT_USER, 'on', `>${PASSWORDS[0]}`, ...CLIENT_RULES)
    if (startsProxy) await bed.startProxy()
    if (usesHaproxy) {
      const servers = centre.group.redis.map(({ address }) => address)
      await startHaproxy(stack, bed.#haproxyPort, servers)
    }
    return bed
  }

  get group() {
    return this.centre.group
  }

  /** Changes a user on every Redis, also for after a restart. */
  async setUser(user: string, ...rules: string[]): Promise<void> {
    for (const server of this.group.redis) {
      await this.group.run(server, 'ACL', 'SETUSER', user, ...rules)
      await this.group.run(server, 'ACL', 'SAVE')
    }
  }

  /** The group and the login of a proxy. */
  proxyGroup(): ProxyOptions['group'] {
    return { ...this.group.access, dataCentre: 'bench', mark: TEST_MARK, clientName: 'bench-proxy' }
  }

  /** Starts the proxy, at the same port each time. */
  async startProxy(
    options: Partial<ProxyOptions> = {},
    routes?: ReadonlyMap<string, NodeAddress>,
  ): Promise<WorkerProcess<RedisProxyWorker>> {
    const worker = WorkerProcess.start<RedisProxyWorker>(this.#stack, 'redis-proxy')
    const group = { ...this.proxyGroup(), ...(routes && { routes }) }
    await worker.call('start', { group, ...options }, this.#port)
    this.#proxy = worker
    return worker
  }

  async killProxy(): Promise<void> {
    await this.#proxy?.stop()
  }

  async stopProxy(): Promise<void> {
    await this.#proxy?.call('stopGracefully')
    await this.#proxy?.stop()
  }

  async proxyCounters(): Promise<Counters> {
    if (this.#proxy === null) throw new Error('The proxy does not run.')
    return await this.#proxy.call('status')
  }

  /** Where a client connects, on each side. */
  endpoint(side: Side, without: 'Sentinel mode' | 'HAProxy'): Endpoint {
    const { admin } = TEST_USERS
    const port = side === 'with the proxy' ? this.#port : this.#haproxyPort
    const usesSentinels = side === 'without' && without === 'Sentinel mode'
    return {
      address: usesSentinels ? null : { host: '127.0.0.1', port },
      sentinels: usesSentinels ? this.group.sentinels.map(({ address }) => address) : [],
      primaryName: PRIMARY_NAME,
      username: CLIENT_USER,
      password: PASSWORDS[0],
      // redis-py asks for SENTINEL MASTERS, which the documented users of Sentinels may not.
      sentinelUsername: admin.username,
      sentinelPassword: admin.password,
    }
  }

  /** Adds a second password to the users of the clients and of the proxy, moves the clients, then removes the first. */
  async rotatePasswords(
    waitMs: number,
    changePassword: (password: string) => Promise<void>,
  ): Promise<() => Promise<void>> {
    const { username, password } = this.group.access
    const [first, second] = PASSWORDS
    await this.setUser(CLIENT_USER, `>${second}`)
    await this.setUser(username, `>${second}`)
    await changePassword(second)
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    await this.setUser(CLIENT_USER, `<${first}`)
    await this.setUser(username, `<${password}`)
    return async () => {
      await this.setUser(CLIENT_USER, `>${first}`)
      await this.setUser(username, `>${password}`, `<${second}`)
      await changePassword(first)
      await this.setUser(CLIENT_USER, `<${second}`)
    }
  }
}
