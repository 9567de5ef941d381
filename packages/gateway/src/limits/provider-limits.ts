import { hash } from 'node:crypto'
import { type AttemptLimit, type Attempts, MAX_ATTEMPTS } from '@holdfast/tokens/attempts'
import type { LoginLimitsConfig } from '../config/logins.ts'
import { networkOf } from './names.ts'
import { Refusals } from './refusals.ts'

/** A login that began at the provider, with the data to give its attempt back. */
export interface BegunLogin {
  id: string
  names: string[]
}

/** `limit` is the limit with the longest wait, for the log. */
export interface RefusedBeginning {
  allowed: false
  limit: 'provider-address' | 'provider-pending'
  retryAfterMs: number
}

export interface ProviderLimits {
  /** Requests one login from an address, before anything is stored. Throws as the store does. */
  take(address: string): Promise<{ allowed: true; begun: BegunLogin } | RefusedBeginning>
  /** Gives an attempt back: the login was finished, or could not begin. */
  giveBack(begun: BegunLogin): void
}

/**
 * The limits of logins at the OpenID provider, each of which keeps a flow in the store until it expires:
 * - From one address: `providerPerAddress` within `windowMs`.
 * - In total: `providerPending` within `flowLifetimeMs`. The total is split into parts by address, because the store has a
 *   maximum count per name. So a few addresses can fill only the parts that they belong to.
 *
 * A login that the provider confirms is given back. A login that the provider refuses is not, because any client could
 * cause that. The return from the provider has no limit.
 * INV-GATEWAY-14.
 */
export function createProviderLimits(options: {
  attempts: Attempts
  config: LoginLimitsConfig
  /** How long a flow is stored (in milliseconds). */
  flowLifetimeMs: number
  /** Aborts pending calls. */
  signal: AbortSignal
  /** Receives the error when a login could not be given back; it then counts until it leaves the window. Must not throw. */
  onFailure: (error: unknown) => void
}): ProviderLimits {
  const { attempts, config, flowLifetimeMs, signal, onFailure } = options
  const parts = Math.ceil(config.providerPending / MAX_ATTEMPTS)
  const perPart = Math.ceil(config.providerPending / parts)
  const refusals = new Refusals()

  return {
    async take(address) {
      const network = networkOf(address)
      const limits: [AttemptLimit, AttemptLimit] = [
        { name: `provider ${network}`, limit: config.providerPerAddress, windowMs: config.windowMs },
        { name: `provider part ${partOf(network, parts)}`, limit: perPart, windowMs: flowLifetimeMs },
      ]
      const names = limits.map(({ name }) => name)
      const refused = (index: number, retryAfterMs: number): RefusedBeginning => ({
        allowed: false,
        limit: index === 0 ? 'provider-address' : 'provider-pending',
        retryAfterMs,
      })
      const known = refusals.find(names, Date.now())
      if (known !== null) return refused(known.index, known.retryAfterMs)
      const taken = await attempts.take(limits, { signal })
      if (taken.allowed) return { allowed: true, begun: { id: taken.id, names } }
      refusals.remember(names[taken.limit] ?? '', taken.retryAfterMs, Date.now())
      return refused(taken.limit, taken.retryAfterMs)
    },
    giveBack({ id, names }) {
      refusals.forget(names)
      void attempts.giveBack(id, { names }, { signal }).catch(onFailure)
    },
  }
}

const partOf = (network: string, parts: number): number =>
  hash('sha256', network, 'buffer').readUInt32BE() % parts
