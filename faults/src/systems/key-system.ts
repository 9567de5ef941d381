import { RedisProxy } from '@holdfast/proxy'
import { Redis } from 'ioredis'
import { type SafetyRule, withoutRules } from '../../../packages/tokens/src/safety-policy.ts'
import {
  APPLICATION,
  type ApplicationLogin,
  CAMPAIGN,
  DATA_CENTRE,
  PRIMARY_NAME,
} from '../data-centre/names.ts'
import { addressOf, SENTINEL_PLACES, SENTINEL_PORT } from '../hosts/places.ts'
import type { KeySystemName } from './system.ts'

/** What plain Redis clients of one application connect to. */
export interface KeySystem {
  /** Opens a connection of an unmodified client. */
  connect(): Redis
  /** Takes new passwords of the proxy's own user while it runs. Those of the clients do not change. */
  renew(login: ApplicationLogin): Promise<void>
  close(): Promise<void>
}

export interface KeySystemOptions {
  login: ApplicationLogin
  leaseMs: number
  onEvent: (event: { event: string }) => void
}

const SENTINELS = SENTINEL_PLACES.map((place) => ({ host: addressOf(place), port: SENTINEL_PORT }))

/** The rules of the group's machinery that a control leaves out. The others are rules of the proxy's writes. */
const GROUP_RULES: Partial<Record<KeySystemName, SafetyRule>> = {
  'proxy-without-barrier': 'barrier',
  'proxy-without-lease': 'lease',
}

/** Opens a system at the place of this process: the proxy runs beside its clients, as it is meant to. */
export async function openKeySystem(name: KeySystemName, options: KeySystemOptions): Promise<KeySystem> {
  return name === 'sentinel-client' ? new SentinelClients() : ProxiedClients.open(name, options)
}

/** The options of the clients are their library's own. */
class SentinelClients implements KeySystem {
  connect(): Redis {
    const { username, password } = CAMPAIGN
    return new Redis({
      sentinels: SENTINELS,
      name: PRIMARY_NAME,
      ...CAMPAIGN,
      sentinelUsername: username,
      sentinelPassword: password,
    })
  }

  async renew(): Promise<void> {}

  async close(): Promise<void> {}
}

class ProxiedClients implements KeySystem {
  readonly #proxy: RedisProxy
  readonly #port: number

  private constructor(proxy: RedisProxy, port: number) {
    this.#proxy = proxy
    this.#port = port
  }

  static async open(name: KeySystemName, { login, leaseMs, onEvent }: KeySystemOptions): Promise<KeySystem> {
    const taken = GROUP_RULES[name]
    const proxy = new RedisProxy({
      group: {
        dataCentre: DATA_CENTRE,
        clientName: 'holdfast-proxy',
        sentinels: SENTINELS,
        primaryName: PRIMARY_NAME,
        username: APPLICATION,
        sentinelUsername: APPLICATION,
        ...login,
        ...(taken === undefined ? {} : { rules: withoutRules([taken]) }),
      },
      leaseMs,
      rules: { guard: name !== 'proxy-without-guard', journal: name !== 'proxy-without-journal' },
      onEvent,
    })
    return new ProxiedClients(proxy, await proxy.listen({ host: '127.0.0.1', port: 0 }))
  }

  connect(): Redis {
    return new Redis({ host: '127.0.0.1', port: this.#port, ...CAMPAIGN })
  }

  renew(login: ApplicationLogin): Promise<void> {
    return this.#proxy.renew(login)
  }

  close(): Promise<void> {
    return this.#proxy.stop(2000)
  }
}
