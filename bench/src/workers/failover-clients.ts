import { randomBytes } from 'node:crypto'
import { createRedisStore, type RedisStoreOptions } from '@holdfast/tokens'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { Redis } from 'ioredis'
import { createSentinel } from 'redis'
import { contentOf } from '../content.ts'

/** The connection of a client to the data centre: Holdfast, or the Sentinel mode of a client library. */
export type ClientKind =
  | { kind: 'holdfast'; store: RedisStoreOptions }
  | { kind: 'ioredis' | 'node-redis'; login: SentinelLogin; tuned: boolean }

interface SentinelLogin {
  primaryName: string
  sentinels: NodeAddress[]
  username: string
  password: string
}

/** The session operations of an application. */
export interface SessionClient {
  /** Starts a session. Returns its token or its key when the session was acknowledged. */
  logIn(user: number): Promise<string>
  /** Whether the session exists. Throws when the client cannot determine it. */
  verify(session: string): Promise<boolean>
}

export async function openClient(how: ClientKind): Promise<SessionClient> {
  if (how.kind === 'holdfast') return openHoldfast(how.store)
  return how.kind === 'ioredis' ? openIoredis(how.login, how.tuned) : openNodeRedis(how.login, how.tuned)
}

async function openHoldfast(options: RedisStoreOptions): Promise<SessionClient> {
  const store = createRedisStore(options)
  await store.ready()
  return {
    logIn: async (user) => (await store.issue(contentOf(user))).token,
    async verify(token) {
      const verified = await store.verify(token)
      if (verified.status === 'unavailable') throw new Error(verified.cause)
      return verified.status === 'active'
    },
  }
}

const LIFETIME_SECONDS = 43_200

/** A session as connect-redis writes it: JSON content under a random key, with a lifetime. */
function newSession(user: number): { key: string; value: string } {
  const cookie = { originalMaxAge: 1000 * LIFETIME_SECONDS, httpOnly: true, path: '/', sameSite: 'lax' }
  return {
    key: `sess:${randomBytes(24).toString('base64url')}`,
    value: JSON.stringify({ cookie, user: contentOf(user) }),
  }
}

/** The pauses and time-outs of a tuned client (in milliseconds). */
const TUNED_RETRY_MS = 50
const TUNED_TIMEOUT_MS = 1000

/**
 * For a quick failover after a kill: short retries, and commands that wait for the new primary. Without
 * `failoverDetector`: with short retries, some clients then never came back ("Connection is closed").
 */
const TUNED_IOREDIS = {
  maxRetriesPerRequest: null,
  connectTimeout: TUNED_TIMEOUT_MS,
  sentinelCommandTimeout: TUNED_TIMEOUT_MS,
  retryStrategy: () => TUNED_RETRY_MS,
  sentinelRetryStrategy: () => TUNED_RETRY_MS,
  sentinelReconnectStrategy: () => TUNED_RETRY_MS,
}

/** The same for node-redis: short retries, and more frequent questions to the Sentinels. */
const TUNED_SOCKET = { connectTimeout: TUNED_TIMEOUT_MS, reconnectStrategy: () => TUNED_RETRY_MS }
const TUNED_SCAN_MS = 1000

async function openIoredis(
  { primaryName, sentinels, username, password }: SentinelLogin,
  tuned: boolean,
): Promise<SessionClient> {
  const client = new Redis({
    sentinels,
    name: primaryName,
    username,
    password,
    sentinelUsername: username,
    sentinelPassword: password,
    ...(tuned ? TUNED_IOREDIS : {}),
  })
  // Each failed command reports its own error.
  client.on('error', () => {})
  await client.ping()
  return {
    async logIn(user) {
      const { key, value } = newSession(user)
      await client.set(key, value, 'EX', LIFETIME_SECONDS)
      return key
    },
    verify: async (key) => (await client.get(key)) !== null,
  }
}

async function openNodeRedis(
  { primaryName, sentinels, username, password }: SentinelLogin,
  tuned: boolean,
): Promise<SessionClient> {
  const login = { username, password, ...(tuned ? { socket: TUNED_SOCKET } : {}) }
  const client = createSentinel({
    name: primaryName,
    sentinelRootNodes: sentinels,
    nodeClientOptions: login,
    sentinelClientOptions: login,
    ...(tuned ? { scanInterval: TUNED_SCAN_MS } : {}),
  })
  client.on('error', () => {})
  await client.connect()
  return {
    async logIn(user) {
      const { key, value } = newSession(user)
      await client.set(key, value, { EX: LIFETIME_SECONDS })
      return key
    },
    verify: async (key) => (await client.get(key)) !== null,
  }
}
