import { createHash } from 'node:crypto'
import {
  type Active,
  HoldfastError,
  type Inactive,
  type Keyring,
  recordIsLive,
  type StoreEvent,
  type TokenStore,
  tokenId,
  tokenKey,
  type Verification,
} from '@holdfast/tokens'
import { createRedisStoreWith } from '../../../packages/tokens/src/create-store.ts'
import { type SafetyRule, withoutRules } from '../../../packages/tokens/src/safety-policy.ts'
import { APPLICATION, type ApplicationLogin, DATA_CENTRE, PRIMARY_NAME } from '../data-centre/names.ts'
import type { Answer } from '../history/events.ts'
import { addressOf, SENTINEL_PLACES, SENTINEL_PORT } from '../hosts/places.ts'
import { type LoginSystem, RefusedError, type TokenInspector } from './system.ts'

export interface HoldfastOptions {
  keyring: Keyring
  login: ApplicationLogin
  /** The idle lifetime of a session (in milliseconds). */
  idleMs: number
  leaseMs: number
  onEvent?: (event: StoreEvent) => void
}

/**
 * The rules whose removal turns the product into a control. Without them, a commit is a plain `WAIT 1`, reads trust
 * any record and any clock of this process, and a touch needs memory as any write does.
 */
export const WITHOUT_RULES: readonly SafetyRule[] = [
  'barrier',
  'journal',
  'heard-writes',
  'lease',
  'term',
  'checked-clock',
  'touch-when-full',
]

/** With these codes the product reports that it did nothing. */
const REFUSALS = new Set(['STORE_FULL', 'STORE_OVERLOADED'])

export const holdfastInspector: TokenInspector = {
  idOf: (token) => tokenId(token) ?? '',
  keyOf: (token) => tokenKey(token) ?? '',
  describe: (bytes, nowMs) => {
    if (bytes === null) return 'absent'
    if (!recordIsLive(bytes, nowMs)) return 'ended'
    return `live ${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`
  },
}

/** Opens the product as an application does, from the place of this process. */
export function openHoldfast(options: HoldfastOptions, rulesOff: readonly SafetyRule[]): LoginSystem {
  const { onEvent } = options
  const store = createRedisStoreWith(
    {
      dataCentre: DATA_CENTRE,
      keyring: options.keyring,
      sentinels: SENTINEL_PLACES.map((place) => ({ host: addressOf(place), port: SENTINEL_PORT })),
      primaryName: PRIMARY_NAME,
      username: APPLICATION,
      sentinelUsername: APPLICATION,
      ...options.login,
      idleMs: options.idleMs,
      leaseMs: options.leaseMs,
      ...(onEvent === undefined ? {} : { observer: { event: onEvent } }),
    },
    { rules: withoutRules(rulesOff) },
  )
  return new HoldfastSystem(store)
}

class HoldfastSystem implements LoginSystem {
  readonly capabilities = new Set([
    'touch',
    'update',
    'rotate',
    'revoke-subject',
    'list',
    'short-lifetimes',
  ] as const)
  readonly #store: TokenStore

  constructor(store: TokenStore) {
    this.#store = store
  }

  async ready(timeoutMs: number): Promise<void> {
    await this.#store.ready({ timeoutMs })
  }

  async issue(subject: string, idleMs: number | undefined): Promise<string> {
    const request = { subject, ...(idleMs === undefined ? {} : { idleMs }) }
    return (await orRefused(this.#store.issue(request))).token
  }

  async verify(token: string): Promise<Answer> {
    return answerOf(await this.#store.verify(token))
  }

  async touch(token: string, idleMs: number | undefined): Promise<Answer> {
    return answerOf(await orRefused(this.#store.touch(token, idleMs === undefined ? {} : { idleMs })))
  }

  async update(token: string): Promise<Answer> {
    const change = (claims: Record<string, unknown>) => ({ changes: Number(claims['changes'] ?? 0) + 1 })
    return answerOf(await orRefused(this.#store.update(token, change)))
  }

  async rotate(token: string): Promise<Answer> {
    const rotated = await this.#store.rotate(token)
    if (rotated.status === 'inactive') return answerOf(rotated)
    return { state: 'active', subject: rotated.subject, token: rotated.token }
  }

  async revoke(token: string): Promise<Answer> {
    const { revoked } = await orRefused(this.#store.revoke(token))
    return revoked ? {} : { state: 'inactive', reason: 'the logout did not find a live session' }
  }

  async revokeSubject(subject: string, exceptToken: string | undefined): Promise<Answer> {
    const options = exceptToken === undefined ? {} : { exceptToken }
    const { revokedIds } = await orRefused(this.#store.revokeSubject(subject, options))
    return { ended: revokedIds }
  }

  async list(subject: string): Promise<Answer> {
    const sessions = await orRefused(this.#store.list(subject))
    return { listed: sessions.map(({ id }) => id) }
  }

  renew(login: ApplicationLogin): Promise<void> {
    return this.#store.renew(login)
  }

  close(): Promise<void> {
    return this.#store.close()
  }
}

function answerOf(verification: Verification | Active | Inactive): Answer {
  if (verification.status === 'active') {
    return {
      state: 'active',
      subject: verification.subject,
      changes: Number(verification.claims['changes'] ?? 0),
    }
  }
  if (verification.status === 'inactive') return { state: 'inactive', reason: verification.reason }
  return { state: 'unavailable', reason: verification.cause }
}

async function orRefused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof HoldfastError && REFUSALS.has(error.code)) throw new RefusedError(error.code, error)
    throw error
  }
}
