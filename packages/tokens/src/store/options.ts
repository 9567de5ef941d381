import type { NodeAddress } from '../redis/address.ts'
import type { Keyring } from '../token/keyring.ts'
import type { StoreObserver } from './observer.ts'

/** What every implementation of the store takes. */
export interface SessionOptions {
  /** The data centre's name, 1 to 64 of `a-z`, `0-9`, `-`. Its tokens mean nothing in any other. */
  dataCentre: string
  keyring: Keyring
  /** Is told what happens in the store, for logs and metrics. */
  observer?: StoreObserver
  /** Default idle lifetime of a session (in milliseconds). Default is 1,800,000: 30 minutes (NIST SP 800-63B, AAL2). */
  idleMs?: number
  /** Default absolute lifetime of a session (in milliseconds). Default is 43,200,000: 12 hours (NIST SP 800-63B, AAL2). */
  absoluteMs?: number
}

export interface RedisStoreOptions extends SessionOptions {
  /** The Sentinels of this data centre: three, one a host. */
  sentinels: NodeAddress[]
  /** The name under which the Sentinels watch the primary. Default is `mymaster`. */
  primaryName?: string
  /** The application's ACL user and password on Redis. */
  username?: string
  password?: string
  /** The application's ACL user and password on the Sentinels. */
  sentinelUsername?: string
  sentinelPassword?: string
  /** Deadline of a read (in milliseconds, 10 to 60,000). Default is 1000. */
  verifyTimeoutMs?: number
  /** Deadline of a write (in milliseconds, 100 to 300,000): it waits out a failover. Default is 30,000. */
  writeTimeoutMs?: number
  /** A read that the primary has not answered after this long is also sent to every other node (in milliseconds). Default is 30. */
  hedgeMs?: number
  /**
   * How long after an acknowledged revocation another process may still answer *active*, at the most (in
   * milliseconds, 100 to 60,000). Default is 1000.
   */
  leaseMs?: number
  /** Most sessions that this process remembers, and most ended ones. Default is 100,000. */
  maxCachedRecords?: number
  /** Most writes that wait at once; beyond it `STORE_OVERLOADED`. Default is 10,000. */
  maxQueuedWrites?: number
}
