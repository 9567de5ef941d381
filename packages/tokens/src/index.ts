export { createMemoryStore, createRedisStore } from './create-store.ts'
export * from './errors.ts'
export { createIdleExtender, type IdleExtender, type IdleExtenderOptions } from './idle.ts'
export { BOOKKEEPING, isBookkeeping, recordIsLive, tokenId, tokenKey } from './inspect.ts'
export type { Claims, JsonValue } from './record/claims.ts'
export type { TlsOptions } from './redis/tls.ts'
export type { Attempt, AttemptLimit, Attempts } from './store/attempts.ts'
export type * from './store/call-options.ts'
export {
  createStoreMetrics,
  type HistogramSample,
  type Metric,
  type MetricSample,
  type StoreMetrics,
} from './store/metrics.ts'
export type * from './store/observer.ts'
export type * from './store/options.ts'
export type * from './store/store.ts'
export type * from './store/verification.ts'
export { generateKeyring, type Keyring } from './token/keyring.ts'
