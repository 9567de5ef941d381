import { InvalidOptionError } from './errors.ts'
import type { NodeAddress } from './redis/address.ts'
import { checkNumber } from './store/limits.ts'
import { MemoryBackend } from './store/memory-backend.ts'
import type { RedisStoreOptions, SessionOptions } from './store/options.ts'
import { RedisBackend } from './store/redis-backend.ts'
import { SessionStore } from './store/session-store.ts'
import type { TokenStore } from './store/store.ts'

const DEFAULT_VERIFY_TIMEOUT_MS = 1000
const DEFAULT_WRITE_TIMEOUT_MS = 30_000
const DEFAULT_HEDGE_MS = 30
const DEFAULT_LEASE_MS = 1000
const DEFAULT_MAX_CACHED_RECORDS = 100_000
const DEFAULT_MAX_QUEUED_WRITES = 10_000

/**
 * The store of a data centre, in Redis watched by Sentinels. It connects in the background and goes on trying
 * for as long as it is open; await `ready()` to know that it works. Throws `INVALID_OPTION`.
 */
export function createRedisStore(options: RedisStoreOptions): TokenStore {
  if (!Array.isArray(options.sentinels) || options.sentinels.length === 0) {
    throw new InvalidOptionError('`sentinels` must name at least one Sentinel, as `{ host, port }`.')
  }
  const timings = {
    verifyTimeoutMs: checkNumber(
      'verifyTimeoutMs',
      options.verifyTimeoutMs ?? DEFAULT_VERIFY_TIMEOUT_MS,
      10,
      60_000,
    ),
    writeTimeoutMs: checkNumber(
      'writeTimeoutMs',
      options.writeTimeoutMs ?? DEFAULT_WRITE_TIMEOUT_MS,
      100,
      300_000,
    ),
  }
  const backend = () =>
    new RedisBackend({
      sentinels: options.sentinels.map(checkAddress),
      primaryName: options.primaryName ?? 'mymaster',
      clientName: `holdfast-${options.dataCentre}`,
      username: options.username,
      password: options.password,
      sentinelUsername: options.sentinelUsername,
      sentinelPassword: options.sentinelPassword,
      observer: options.observer ?? {},
      hedgeMs: checkNumber('hedgeMs', options.hedgeMs ?? DEFAULT_HEDGE_MS, 1, 60_000),
      leaseMs: checkNumber('leaseMs', options.leaseMs ?? DEFAULT_LEASE_MS, 100, 60_000),
      maxCachedRecords: checkNumber(
        'maxCachedRecords',
        options.maxCachedRecords ?? DEFAULT_MAX_CACHED_RECORDS,
        1,
        10_000_000,
      ),
      maxQueuedWrites: checkNumber(
        'maxQueuedWrites',
        options.maxQueuedWrites ?? DEFAULT_MAX_QUEUED_WRITES,
        1,
        1_000_000,
      ),
    })
  return new SessionStore(backend, options, timings)
}

/**
 * The same store in the memory of this process: for an application's own unit tests, and for a first try
 * without Redis. Nothing is shared and nothing is kept. Throws `INVALID_OPTION`.
 */
export function createMemoryStore(options: SessionOptions): TokenStore {
  const timings = { verifyTimeoutMs: DEFAULT_VERIFY_TIMEOUT_MS, writeTimeoutMs: DEFAULT_WRITE_TIMEOUT_MS }
  return new SessionStore(() => new MemoryBackend(), options, timings)
}

function checkAddress(address: NodeAddress, index: number): NodeAddress {
  if (typeof address?.host !== 'string' || address.host === '') {
    throw new InvalidOptionError(`\`sentinels[${index}].host\` must be a host name or an address.`)
  }
  return { host: address.host, port: checkNumber(`sentinels[${index}].port`, address.port, 1, 65_535) }
}
