import { inspect } from 'node:util'
import { type RedisGroup, type ServerProcess, TEST_USERS } from '@holdfast/testing'
import {
  type CommonRedisOptions,
  generateKeyring,
  type SentinelTopology,
  type TokenStore,
} from '@holdfast/tokens'
import { onTestFinished } from 'vitest'
import { createRedisStoreWith, type TestHooks } from '../src/create-store.ts'
import { type SafetyRule, withoutRules } from '../src/safety-policy.ts'

type SentinelStoreOptions = CommonRedisOptions & SentinelTopology

export const KEYRING = generateKeyring()

/** An address of loopback on which nothing listens. */
export const NOBODY = { host: '127.0.40.99', port: 9 }

export const APP = {
  ...TEST_USERS.app,
  sentinelUsername: TEST_USERS.app.username,
  sentinelPassword: TEST_USERS.app.password,
}

/** A store over the group that ends with the test. */
export async function openStore(
  group: RedisGroup,
  options: Partial<SentinelStoreOptions> = {},
  hooks: TestHooks = {},
): Promise<TokenStore> {
  const store = makeStore({ sentinels: group.sentinels.map(({ address }) => address), ...options }, hooks)
  onTestFinished(() => store.close())
  await store.ready({ timeoutMs: 20_000 })
  return store
}

/** A store that may never become ready. The caller closes it. */
export function makeStore(options: Partial<SentinelStoreOptions> = {}, hooks: TestHooks = {}): TokenStore {
  const all = { dataCentre: 'dc1', keyring: KEYRING, sentinels: [NOBODY], ...APP, ...options }
  return createRedisStoreWith(all, hooks)
}

/** A store with some safety rules taken out, to see what they are for. It ends with the test. */
export function openStoreWithout(group: RedisGroup, rulesOff: SafetyRule[]): Promise<TokenStore> {
  return openStore(group, {}, { rules: withoutRules(rulesOff) })
}

/** Hangs servers until the test has ended, or until they are resumed before. */
export function pauseUntilFinished(servers: ServerProcess[]): void {
  onTestFinished(() => resumeAll(servers))
  for (const server of servers) server.pause()
}

function resumeAll(servers: ServerProcess[]): void {
  for (const server of servers) server.resume()
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/**
 * How long `work` took (in milliseconds), and what came of it. It starts in a new turn of the event loop, because timers
 * begin with the time of their turn: late in a long one, they end early.
 */
export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  await new Promise((resolve) => setImmediate(resolve))
  const start = performance.now()
  const value = await work()
  return { ms: performance.now() - start, value }
}

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('It was not rejected with an error.')
}

/** All that an error shows when it is printed whole: message, stack, causes and fields. */
export function printed(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true, maxStringLength: null })
}
