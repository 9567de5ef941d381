import type { NodeAddress } from '../redis/address.ts'
import type { TlsOptions } from '../redis/tls.ts'
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

/**
 * Secrets that a store takes while it runs, by {@link TokenStore.renew}. What is absent stays as it is. A store in one
 * Redis has no Sentinels to log in to, and one in memory nobody at all.
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
  /** The Sentinels of this data centre: three, one a host. Others that they know are found by themselves. */
  sentinels: NodeAddress[]
  standalone?: never
  /** The name under which the Sentinels watch the primary. Default is `mymaster`. */
  primaryName?: string
  /** The application's ACL user and password on the Sentinels. */
  sentinelUsername?: string
  sentinelPassword?: string
  /**
   * The value of the group's mark, `hf:mark`. A primary with another mark is refused from the start. Default is
   * the mark of the primary that is found first, unless it begins with the name of another data centre and a colon.
   */
  groupMark?: string
}

export interface StandaloneTopology {
  /**
   * The one Redis, without replicas, for development. Logins are lost with it, and while it is away nothing can be
   * verified. After a crash it knows what its disk has: with `appendonly yes` all but about the last second, with Redis'
   * defaults only its last snapshot, so logins since are lost and logouts undone. `ready()` warns of that
   * (`HOLDFAST_NO_AOF`). Behind an address that a managed service moves to a replica, no replica is asked for its
   * confirmation: a failover there loses the logins and undoes the logouts that the replica lacks, but for those that a
   * process still remembers, which writes them again. A node of a Redis Cluster, a Redis older than 7.0 and a replica are
   * refused, as `UNSUPPORTED_SERVER`.
   */
  standalone: NodeAddress
  sentinels?: never
}

export interface CommonRedisOptions extends SessionOptions {
  /** The application's ACL user and password on Redis. */
  username?: string
  password?: string
  /**
   * Encrypt every connection, to Redis and to the Sentinels, and believe only whom these options name. Default is not
   * to encrypt. Mistakes in certificates or settings are told by `ready()`, as `TLS_FAILED`.
   */
  tls?: TlsOptions
  /** Deadline of a read (in milliseconds, 10 to 60,000). Default is 1000. */
  verifyTimeoutMs?: number
  /** Deadline of a write (in milliseconds, 100 to 300,000): it waits out a failover. Default is 30,000. */
  writeTimeoutMs?: number
  /** A read that the primary has not answered after this long is also sent to every other node (in milliseconds). Default is 30. */
  hedgeMs?: number
  /**
   * How long after an acknowledged revocation another process may still answer *active*, at the most (in
   * milliseconds, 100 to 60,000). Default is 1000. It holds for this process: the bound of a data centre is the largest
   * of all its processes. Above 10,000 there is a warning.
   */
  leaseMs?: number
  /** Most sessions that this process remembers, and most ended ones. Default is 100,000. */
  maxCachedRecords?: number
  /** Most writes that wait at once; beyond it `STORE_OVERLOADED`. Default is 10,000. */
  maxQueuedWrites?: number
  /** Most reads that wait at once; beyond it `STORE_OVERLOADED`. Default is 10,000. */
  maxWaitingReads?: number
  /**
   * Most acknowledged writes that wait for a missing replica. Default is 100,000: about 100 MB. Each write is kept until
   * every replica has confirmed it, however long a replica is away. Beyond 90 % of the limit the oldest make room: those
   * whose session has ended, then those older than ten times `down-after-milliseconds` plus `failover-timeout`. A write
   * that finds no room even so is refused with `STORE_OVERLOADED`. What other processes wrote is kept likewise, up to
   * 100,000 sessions, the oldest of which make room.
   */
  maxJournalEntries?: number
}
