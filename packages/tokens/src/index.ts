export { createMemoryStore, createRedisStore } from './create-store.ts'
export type { CallOptions } from './deadline.ts'
export * from './errors.ts'
export { createIdleExtender, type IdleExtender, type IdleExtenderOptions } from './idle.ts'
export { BOOKKEEPING, isBookkeeping, recordIsLive, tokenId, tokenKey } from './inspect.ts'
export type { Claims, JsonValue } from './record/claims.ts'
export type { AddressMap, ReachableAddress } from './redis/address-map.ts'
export type { TlsOptions } from './redis/tls.ts'
export {
  createStoreMetrics,
  type HistogramSample,
  type Metric,
  type MetricSample,
  type StoreMetrics,
} from './store/api/metrics.ts'
export type * from './store/api/observer.ts'
export type * from './store/api/options.ts'
export type * from './store/api/status.ts'
export type * from './store/api/verification.ts'
export type { Attempt, AttemptLimit, Attempts } from './store/attempts/attempts.ts'
export type * from './store/session/external-sessions.ts'
export type * from './store/session/registers.ts'
export type * from './store/session/token-store.ts'
export { generateKeyring, type Keyring } from './token/keyring.ts'
