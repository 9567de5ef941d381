import { randomBytes } from 'node:crypto'
import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import { createSentinel } from 'redis'
import { CAMPAIGN, PRIMARY_NAME } from '../data-centre/names.ts'
import { withTimeout } from '../data-centre/until.ts'
import type { Answer } from '../history/events.ts'
import { addressOf, SENTINEL_PLACES, SENTINEL_PORT } from '../hosts/places.ts'
import { PREFIX } from './connect-redis-inspector.ts'
import type { LoginSystem } from './system.ts'

/** connect-redis waits without a limit while Redis is down. An application would not wait that long. */
const COMMAND_TIMEOUT_MS = 2000

/**
 * Opens the control: express-session's store over node-redis' Sentinel client, with the setup from its
 * documentation. Its sessions have the same idle lifetime as those of the product.
 */
export async function openConnectRedis(idleMs: number): Promise<LoginSystem> {
  const client = createSentinel({
    name: PRIMARY_NAME,
    sentinelRootNodes: SENTINEL_PLACES.map((place) => ({ host: addressOf(place), port: SENTINEL_PORT })),
    nodeClientOptions: { ...CAMPAIGN },
    sentinelClientOptions: { ...CAMPAIGN },
  })
  client.on('error', () => {
    // Each failed command reports its own error.
  })
  await client.connect()
  return new ConnectRedisSystem(new RedisStore({ client, prefix: PREFIX, ttl: idleMs / 1000 }), () =>
    client.destroy(),
  )
}

class ConnectRedisSystem implements LoginSystem {
  readonly capabilities = new Set(['touch'] as const)
  readonly #store: RedisStore
  readonly #destroy: () => void

  constructor(store: RedisStore, destroy: () => void) {
    this.#store = store
    this.#destroy = destroy
  }

  async ready(): Promise<void> {
    await answered(this.#store.get('unknown-session'))
  }

  async issue(subject: string): Promise<string> {
    const token = randomBytes(24).toString('base64url')
    await answered(this.#store.set(token, sessionOf(subject)))
    return token
  }

  async verify(token: string): Promise<Answer> {
    try {
      const session = (await answered(this.#store.get(token))) as { subject?: string } | null
      if (session === null) return { state: 'inactive', reason: 'unknown' }
      return { state: 'active', ...(session.subject === undefined ? {} : { subject: session.subject }) }
    } catch (error) {
      return { state: 'unavailable', reason: error instanceof Error ? error.message : String(error) }
    }
  }

  async touch(token: string): Promise<Answer> {
    await answered(this.#store.touch(token, sessionOf('')))
    return {}
  }

  async revoke(token: string): Promise<Answer> {
    await answered(this.#store.destroy(token))
    return {}
  }

  /**
   * Does nothing, because connect-redis cannot change passwords while it runs. It logs in as the campaign itself,
   * and that password does not change.
   */
  async renew(): Promise<void> {}

  async close(): Promise<void> {
    this.#destroy()
  }

  update(): Promise<Answer> {
    return Promise.reject(new Error('connect-redis does not support this operation.'))
  }

  rotate(): Promise<Answer> {
    return this.update()
  }

  revokeSubject(): Promise<Answer> {
    return this.update()
  }

  list(): Promise<Answer> {
    return this.update()
  }
}

function sessionOf(subject: string): SessionData {
  const session = { subject, cookie: { originalMaxAge: null } }
  return session as unknown as SessionData
}

const answered = <T>(work: Promise<T>): Promise<T> =>
  withTimeout(work, COMMAND_TIMEOUT_MS, `no answer within ${COMMAND_TIMEOUT_MS} ms`)
