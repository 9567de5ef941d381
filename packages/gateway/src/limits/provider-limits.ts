import { hash } from 'node:crypto'
import type { AttemptLimit, TokenStore } from '@holdfast/tokens'
import type { LoginLimitsConfig } from '../config/login-limits.ts'
import { networkOf } from './names.ts'

/** Most that the store counts for one name. */
const MOST_OF_NAME = 1000

/** A login by the provider that was begun: what it takes to let it not count any more. */
export interface BegunLogin {
  id: string
  names: string[]
}

/** `limit` is the one that makes it wait longest, for the log. */
export interface RefusedBeginning {
  allowed: false
  limit: 'provider-address' | 'provider-pending'
  retryAfterMs: number
}

export interface ProviderLimits {
  /** Asks for one login from an address, before anything of it is stored. Throws as the store does. */
  take(address: string): Promise<{ allowed: true; begun: BegunLogin } | RefusedBeginning>
  /** The login was finished, or never begun: it does not count any more. */
  giveBack(begun: BegunLogin): void
}

/**
 * The limits of logins by the OpenID provider, each of which keeps a flow in the store until it ends by itself:
 * - From one address: `providerPerAddress` within `windowMs`.
 * - In all: `providerPending` within `flowLifetimeMs`. They are counted in parts, by address, so that few addresses
 *   fill the part of few others, and none has more than can be counted for one name.
 *
 * A login that the provider vouches for is given back. One that the provider refuses is not: whoever begins it can make
 * that of it. The way back from the provider asks no limit.
 * INV-GATEWAY-14.
 */
export function createProviderLimits(options: {
  attempts: TokenStore['attempts']
  config: LoginLimitsConfig
  /** How long a flow is kept (in milliseconds). */
  flowLifetimeMs: number
  /** Gives up what is under way. */
  signal: AbortSignal
  /** Is told why a login could not be given back; it counts until it leaves the window. Must not throw. */
  onFailure: (error: unknown) => void
}): ProviderLimits {
  const { attempts, config, flowLifetimeMs, signal, onFailure } = options
  const parts = Math.ceil(config.providerPending / MOST_OF_NAME)
  const perPart = Math.ceil(config.providerPending / parts)

  return {
    async take(address) {
      const network = networkOf(address)
      const limits: [AttemptLimit, AttemptLimit] = [
        { name: `provider ${network}`, limit: config.providerPerAddress, windowMs: config.windowMs },
        { name: `provider part ${partOf(network, parts)}`, limit: perPart, windowMs: flowLifetimeMs },
      ]
      const taken = await attempts.take(limits, { signal })
      if (taken.allowed) {
        return { allowed: true, begun: { id: taken.id, names: limits.map(({ name }) => name) } }
      }
      const limit = taken.limit === 0 ? 'provider-address' : 'provider-pending'
      return { allowed: false, limit, retryAfterMs: taken.retryAfterMs }
    },
    giveBack({ id, names }) {
      void attempts.giveBack(id, { names }, { signal }).catch(onFailure)
    },
  }
}

const partOf = (network: string, parts: number): number =>
  hash('sha256', network, 'buffer').readUInt32BE() % parts
