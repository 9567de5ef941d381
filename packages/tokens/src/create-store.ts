import { groupOptions } from './group-options.ts'
import { checkNumber } from './store/api/limits.ts'
import type { RedisStoreOptions, SessionOptions } from './store/api/options.ts'
import { MemoryBackend } from './store/backend/memory-backend.ts'
import { RedisBackend, type RedisBackendOptions } from './store/backend/redis-backend.ts'
import { warnOfStandalone } from './store/backend/standalone-warnings.ts'
import { BackendRecords, type RecordStore } from './store/session/record-store.ts'
import { SessionStore, type SessionStoreLimits } from './store/session/session-store.ts'
import type { TokenStore } from './store/session/token-store.ts'

/** The whole numbers among the options, each with its default and its bounds. */
const NUMBERS = {
  verifyTimeoutMs: { byDefault: 1000, least: 10, most: 60_000 },
  writeTimeoutMs: { byDefault: 30_000, least: 100, most: 300_000 },
  hedgeMs: { byDefault: 30, least: 1, most: 60_000 },
  leaseMs: { byDefault: 1000, least: 100, most: 60_000 },
  maxCachedRecords: { byDefault: 100_000, least: 1, most: 10_000_000 },
  maxQueuedWrites: { byDefault: 10_000, least: 1, most: 1_000_000 },
  maxWaitingReads: { byDefault: 10_000, least: 1, most: 1_000_000 },
  maxJournalEntries: { byDefault: 100_000, least: 1, most: 10_000_000 },
} as const

/** With a longer lease, a process may answer *active* after a logout for longer than most users expect. */
const LONG_LEASE_MS = 10_000

/**
 * Opens the sessions of a data centre, in Redis watched by Sentinels or in a single Redis. The store connects in
 * the background and retries until it is closed. Await `ready()` to know that it works. Throws `INVALID_OPTION`.
 */
export function createRedisStore(options: RedisStoreOptions): TokenStore {
  return createRedisStoreWith(options, {})
}

/** Settings for tests only. */
export type TestHooks = Pick<RedisBackendOptions, 'rules' | 'localAddress' | 'forgetAfterMs'>

/** {@link createRedisStore} with a test's hooks. Not exported from the package. */
export function createRedisStoreWith(options: RedisStoreOptions, hooks: TestHooks): TokenStore {
  const { open, limits } = redisBackend(options, hooks)
  return new SessionStore(open, options, sessionLimits(limits))
}

/**
 * Opens the records of a data centre as its Redis nodes store them, for backups and operations: no tokens and no
 * claims. Throws `INVALID_OPTION`.
 */
export function createRecordStore(options: RedisStoreOptions): RecordStore {
  const { open, limits } = redisBackend(options, {})
  return new BackendRecords(open, options, limits.writeTimeoutMs)
}

/** Checks the options immediately, and connects when `open` is called. Throws `INVALID_OPTION`. */
function redisBackend(options: RedisStoreOptions, hooks: TestHooks) {
  const group = groupOptions(options)
  const limits = checkNumbers(options)
  const open = () => {
    if (group.standalone !== undefined) warnOfStandalone(group.standalone)
    if (limits.leaseMs > LONG_LEASE_MS) warnOfLongLease(limits.leaseMs)
    return new RedisBackend({
      ...limits,
      ...group,
      observer: options.observer ?? {},
      ...hooks,
    })
  }
  return { open, limits }
}

/**
 * Creates the same store in the memory of this process: for unit tests of an application, and for a first try
 * without Redis. It shares nothing with other processes, and its sessions end with this process. Throws
 * `INVALID_OPTION`.
 */
export function createMemoryStore(options: SessionOptions): TokenStore {
  return new SessionStore(() => new MemoryBackend(), options, sessionLimits(checkNumbers({})))
}

const sessionLimits = (numbers: Numbers): SessionStoreLimits => ({
  verifyTimeoutMs: numbers.verifyTimeoutMs,
  writeTimeoutMs: numbers.writeTimeoutMs,
  maxRemembered: numbers.maxCachedRecords,
  maxWaitingChanges: numbers.maxQueuedWrites,
})

type Numbers = Record<keyof typeof NUMBERS, number>

function checkNumbers(options: Partial<Numbers>): Numbers {
  const checked = Object.entries(NUMBERS).map(([name, { byDefault, least, most }]) => {
    const value = options[name as keyof typeof NUMBERS] ?? byDefault
    return [name, checkNumber(name, value, least, most)] as const
  })
  return Object.fromEntries(checked) as Numbers
}

function warnOfLongLease(leaseMs: number): void {
  process.emitWarning(
    `\`leaseMs\` is ${leaseMs}: after a logout this process may answer "active" for that long, whatever other processes use.`,
    { type: 'HoldfastWarning', code: 'HOLDFAST_LONG_LEASE' },
  )
}
