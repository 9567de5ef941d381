import {
  Network,
  PRIMARY_NAME,
  RedisGroup,
  type RedisGroupOptions,
  type ServerProcess,
} from '@holdfast/testing'
import { createRedisStoreWith } from '../../src/create-store.ts'
import { recordIsLive, tokenKey } from '../../src/inspect.ts'
import { type SafetyRule, withoutRules } from '../../src/safety-policy.ts'
import type { StoreObserver } from '../../src/store/api/observer.ts'
import type { RedisStoreOptions } from '../../src/store/api/options.ts'
import type { TokenStore } from '../../src/store/session/token-store.ts'
import { generateKeyring } from '../../src/token/keyring.ts'

const KEYRING = generateKeyring()
export const LEASE_MS = 1000

interface LabStoreOptions {
  rulesOff?: SafetyRule[]
  host?: string
  observer?: StoreObserver
}

/** A data centre with a network whose links can be cut, and one application process (this one) outside of it. */
export class Lab {
  readonly network: Network
  readonly group: RedisGroup
  readonly #stores: TokenStore[] = []
  readonly #applicationHosts = new Map<string, string>()

  private constructor(network: Network, group: RedisGroup) {
    this.network = network
    this.group = group
  }

  static async start(options: RedisGroupOptions = {}): Promise<Lab> {
    const network = await Network.create()
    return new Lab(network, await RedisGroup.start({ ...options, network }))
  }

  /** The Redis of host `a`, `b` or `c`; `a` is the first primary. */
  redis(host: 'a' | 'b' | 'c'): ServerProcess {
    const server = this.group.redis['abc'.indexOf(host)]
    if (server === undefined) throw new Error(`There is no host ${host}.`)
    return server
  }

  /** Adds a host for an application, so that its links can be cut. */
  addApplicationHost(name: string): void {
    this.#applicationHosts.set(name, this.network.addHost(name))
  }

  storeOptions(): RedisStoreOptions {
    return storeOptions(this.group)
  }

  /** Attaches one more replica to the first primary from an application's host, as an operator would by hand. */
  addForeignReplica(host: string): Promise<ServerProcess> {
    return this.group.addReplica(this.#applicationHosts.get(host))
  }

  /** A store as an application opens it, `outside` or on a host, with some safety rules taken out. */
  async openStore(options: LabStoreOptions = {}): Promise<TokenStore> {
    const store = this.openStoreAtOnce(options)
    await store.ready({ timeoutMs: 20_000 })
    return store
  }

  /** As {@link openStore}, before it is ready. */
  openStoreAtOnce({ rulesOff = [], host, observer }: LabStoreOptions = {}): TokenStore {
    const localAddress = host === undefined ? undefined : this.#applicationHosts.get(host)
    const options = { ...this.storeOptions(), ...(observer && { observer }) }
    const store = createRedisStoreWith(options, { rules: withoutRules(rulesOff), localAddress })
    this.#stores.push(store)
    return store
  }

  /** Makes sure that `host` wins the next election. */
  async prefer(host: 'b' | 'c'): Promise<void> {
    await this.group.run(this.redis(host), 'CONFIG', 'SET', 'replica-priority', '1')
    await until('the Sentinels know the priority', async () => {
      const port = String(this.redis(host).address.port)
      for (const sentinel of this.group.sentinels) {
        const replicas = await this.group.run(sentinel, 'SENTINEL', 'REPLICAS', PRIMARY_NAME)
        if (!Array.isArray(replicas)) return false
        const found = replicas.find(
          (replica) => String((replica as Record<string, unknown>)['port']) === port,
        )
        if (String((found as Record<string, unknown> | undefined)?.['slave-priority']) !== '1') return false
      }
      return true
    })
  }

  /** Sentinel's own periods, which give a failover its usual length. */
  async stockSentinels(): Promise<void> {
    await this.group.setSentinelPeriods(10_000, 2000)
  }

  async isPrimary(host: 'a' | 'b' | 'c'): Promise<boolean> {
    return String(await this.group.run(this.redis(host), 'INFO', 'replication')).includes('role:master')
  }

  /** How many of the tokens the primary of now holds as live. */
  async countLive(tokens: Iterable<string>): Promise<number> {
    const primary = await this.group.primary()
    const keys = [...tokens].map((token) => tokenKey(token) ?? '')
    let live = 0
    for (let start = 0; start < keys.length; start += 500) {
      const replies = await this.group.run(primary, 'MGET', ...keys.slice(start, start + 500))
      for (const bytes of Array.isArray(replies) ? replies : []) {
        if (Buffer.isBuffer(bytes) && recordIsLive(bytes, Date.now())) live += 1
      }
    }
    return live
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()))
    await this.group.stop()
    await this.network.close()
  }
}

/** What an application in a process of its own opens its store with. */
export function storeOptions(group: RedisGroup): RedisStoreOptions {
  return {
    dataCentre: 'lab',
    keyring: KEYRING,
    ...group.access,
  }
}

export async function until(
  what: string,
  condition: () => Promise<boolean>,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  while (!(await condition().catch(() => false))) {
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}.`)
    await pause(5)
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
