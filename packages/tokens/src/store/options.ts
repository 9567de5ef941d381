import type { NodeAddress } from '../redis/address.ts'
import type { TlsOptions } from '../redis/tls.ts'
import type { Keyring } from '../token/keyring.ts'
import type { StoreObserver } from './observer.ts'

/** What every implementation of the store takes. */
export interface SessionOptions {
  /** The data centre's name, 1 to 64 of `a-z`, `0-9`, `-`. Its tokens mean nothing in any other. */
  dataCentre: string
  keyring: Keyring
  /** Called for events of the store, for logs and metrics. */
  observer?: StoreObserver
  /** Default idle lifetime of a session (in milliseconds). Default is 1,800,000: 30 minutes (NIST SP 800-63B, AAL2). */
  idleMs?: number
  /** Default absolute lifetime of a session (in milliseconds). Default is 43,200,000: 12 hours (NIST SP 800-63B, AAL2). */
  absoluteMs?: number
}

/**
 * Secrets that a store takes while it runs, by {@link TokenStore.renew}. What is absent stays as it is. A store in
 * one Redis does not log in to Sentinels; a store in memory does not log in at all.
 */
export interface RenewedSecrets {
  /** The application's ACL user and password on Redis. */
  username?: string
  password?: string
  /** The application's ACL user and password on the Sentinels. */
  sentinelUsername?: string
  sentinelPassword?: string
  /** The ring to use from now on: with the same index key, and with the key that is current now. */
  keyring?: Keyring
  /** Instead of the present authority, certificate, key and name, all together. */
  tls?: TlsOptions
}

/** Where the store's records are kept: a replica group that Sentinels watch, or one Redis. */
export type RedisStoreOptions = CommonRedisOptions & (SentinelTopology | StandaloneTopology)

export interface SentinelTopology {
  /**
   * The Sentinels of this data centre: three, one per host. The store discovers the other Sentinels that they know.
   */
  sentinels: NodeAddress[]
  standalone?: never
  /** The name under which the Sentinels watch the primary. Default is `mymaster`. */
  primaryName?: string
  /** The application's ACL user and password on the Sentinels. */
  sentinelUsername?: string
  sentinelPassword?: string
  /**
   * The group id: the value of the key `hf:mark`. A primary with another group id is refused. Default is the group
   * id of the first primary that is found, unless it begins with the name of another data centre and a colon.
   */
  groupMark?: string
}

export interface StandaloneTopology {
  /**
   * The one Redis, without replicas, for development. Logins are lost with it, and tokens cannot be verified while
   * it is down. After a crash it has what its disk has: with `appendonly yes` all but about the last second, with
   * Redis' defaults only its last snapshot, so logins since are lost and logouts undone. `ready()` warns of that
   * (`HOLDFAST_NO_AOF`). Behind an address that a managed service moves to a replica, no replica is asked for its
   * confirmation: a failover there loses the logins and undoes the logouts that the replica lacks, but for those
   * that a process still remembers, which writes them again. A node of a Redis Cluster, a Redis older than 7.0 and a
   * replica are refused, as `UNSUPPORTED_SERVER`.
   */
  standalone: NodeAddress
  sentinels?: never
}

export interface CommonRedisOptions extends SessionOptions {
  /** The application's ACL user and password on Redis. */
  username?: string
  password?: string
  /**
   * Encrypts every connection to Redis and the Sentinels, and trusts only the authority that these options name.
   * Default is no encryption. `ready()` reports wrong certificates or settings as `TLS_FAILED`.
   */
  tls?: TlsOptions
  /** Deadline of a read (in milliseconds, 10 to 60,000). Default is 1000. */
  verifyTimeoutMs?: number
  /** Deadline of a write (in milliseconds, 100 to 300,000): it waits out a failover. Default is 30,000. */
  writeTimeoutMs?: number
  /** A read that the primary has not answered after this long is also sent to every other node (in milliseconds). Default is 30. */
  hedgeMs?: number
  /**
   * The longest time after an acknowledged revocation for which another process may still answer *active* (in
   * milliseconds, 100 to 60,000). Default is 1000. It holds for this process: the bound of a data centre is the
   * largest of all its processes. Above 10,000 there is a warning.
   */
  leaseMs?: number
  /** Maximum number of live sessions in the near cache, and of revoked ones. Default is 100,000. */
  maxCachedRecords?: number
  /** Maximum number of waiting writes; more are refused with `STORE_OVERLOADED`. Default is 10,000. */
  maxQueuedWrites?: number
  /** Maximum number of waiting reads; more are refused with `STORE_OVERLOADED`. Default is 10,000. */
  maxWaitingReads?: number
  /**
   * Maximum number of acknowledged writes that wait for a missing replica. Default is 100,000: about 100 MB. Each
   * write is kept until every replica has confirmed it, however long a replica is away. Above 90 % of the limit the
   * oldest are dropped: those whose session has ended, then those older than ten times `down-after-milliseconds`
   * plus `failover-timeout`. If there is still no room, a write is refused with `STORE_OVERLOADED`. Writes of other
   * processes are kept in the same way, up to 100,000 sessions; the oldest are dropped first.
   */
  maxJournalEntries?: number
}
