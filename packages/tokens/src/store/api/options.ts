import type { NodeAddress } from '../../redis/address.ts'
import type { AddressMap } from '../../redis/address-map.ts'
import type { TlsOptions } from '../../redis/tls.ts'
import type { Keyring } from '../../token/keyring.ts'
import type { StoreObserver } from './observer.ts'

/** The options of every implementation of the store. */
export interface SessionOptions {
  /** The name of the data centre, 1 to 64 of `a-z`, `0-9`, `-`. Its tokens are not valid in any other data centre. */
  dataCentre: string
  keyring: Keyring
  /** Called for events of the store, for logs and metrics. */
  observer?: StoreObserver
  /** Default idle lifetime of a session (in milliseconds). Default is 1,800,000: 30 minutes (NIST SP 800-63B, AAL2). */
  idleMs?: number
  /**
   * Default absolute lifetime of a session (in milliseconds). Default is 43,200,000: 12 hours (NIST SP 800-63B,
   * AAL2).
   */
  absoluteMs?: number
}

/**
 * Secrets that a running store can replace with {@link TokenStore.renew}. A secret that is absent does not change.
 * A store in a single Redis does not log in to Sentinels, and a store in memory does not log in at all.
 */
export interface RenewedSecrets {
  /** The application's ACL user and password on Redis. */
  username?: string
  password?: string
  /** The application's ACL user and password on the Sentinels. */
  sentinelUsername?: string
  sentinelPassword?: string
  /** The key ring to use from now on. It must contain the same index key, and the sealing key that is current now. */
  keyring?: Keyring
  /** Replaces the authority, the certificate, the key and the name, all together. */
  tls?: TlsOptions
}

/** Where the store keeps its records: in a replica group that Sentinels watch, or in a single Redis. */
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
   * Whether connections to the Sentinels use `tls`, too. With false, only the connections to Redis are encrypted:
   * passwords and answers of the Sentinels are then readable and changeable on the network. Default is true.
   */
  sentinelTls?: boolean
  /**
   * Where this process reaches servers that announce other addresses, as behind NAT, in containers or through
   * tunnels. Keys are the announced addresses of Redis and Sentinels as `host:port`, such as `10.0.0.1:6379`; values
   * are `{ host, port, servername }`. `servername` is the name in the certificate of that server, by default the
   * `host` of the entry. `status()` and messages show the announced addresses. By default every address is used as
   * announced.
   */
  addressMap?: AddressMap
  /**
   * The group id: the value of the key `hf:mark`. The store refuses a primary with another group id. Default is the
   * group id of the first primary that it finds, unless that id begins with the name of another data centre and a
   * colon.
   */
  groupMark?: string
}

export interface StandaloneTopology {
  /**
   * The single Redis, without replicas, for development. Its sessions are lost if it is lost, and the store cannot
   * verify tokens while it is down. After a crash, Redis has only the data on its disk. With `appendonly yes`,
   * about the last second is missing. With the defaults of Redis, everything after the last snapshot is missing:
   * those logins are lost and those logouts are undone. `ready()` warns about that (`HOLDFAST_NO_AOF`).
   *
   * If a managed service moves the address to a replica, the store does not wait for the confirmation of that
   * replica. A failover then loses the logins and undoes the logouts that the replica lacks, except for those that
   * a process still remembers and writes again. The store refuses a node of a Redis Cluster, a Redis older than 7.0
   * and a replica, with `UNSUPPORTED_SERVER`.
   */
  standalone: NodeAddress
  sentinels?: never
}

export interface CommonRedisOptions extends SessionOptions {
  /** The application's ACL user and password on Redis. */
  username?: string
  password?: string
  /**
   * Encrypts every connection to Redis and the Sentinels, and trusts only the authority in these options. By
   * default connections are not encrypted. `ready()` reports wrong certificates or settings as `TLS_FAILED`.
   */
  tls?: TlsOptions
  /** Deadline of a read (in milliseconds, 10 to 60,000). Default is 1000. */
  verifyTimeoutMs?: number
  /**
   * Deadline of a write (in milliseconds, 100 to 300,000). A write can wait until a failover has ended. Default is
   * 30,000.
   */
  writeTimeoutMs?: number
  /**
   * If the primary has not answered a read after this time (in milliseconds), the read is also sent to every other
   * node. Default is 30.
   */
  hedgeMs?: number
  /**
   * The maximum time after an acknowledged revocation during which another process may still answer *active* (in
   * milliseconds, 100 to 60,000). Default is 1000. It applies to this process; for a data centre, the largest value
   * of all its processes counts. A value above 10,000 logs a warning.
   */
  leaseMs?: number
  /** Maximum number of live sessions in the near cache, and also of revoked ones. Default is 100,000. */
  maxCachedRecords?: number
  /**
   * Maximum number of waiting writes, and of updates and rotations that wait for earlier ones of the same session;
   * more are refused with `STORE_OVERLOADED`. Default is 10,000.
   */
  maxQueuedWrites?: number
  /** Maximum number of waiting reads; more are refused with `STORE_OVERLOADED`. Default is 10,000. */
  maxWaitingReads?: number
  /**
   * Maximum number of acknowledged writes that wait for a missing replica. Default is 100,000: about 100 MB. The
   * store keeps each write until every replica has confirmed it, no matter how long a replica is down. Above 90 %
   * of the limit it drops the oldest writes: first writes of ended sessions, then writes older than ten times
   * `down-after-milliseconds` plus `failover-timeout`. If there is still no room, it refuses a write with
   * `STORE_OVERLOADED`. It keeps writes of other processes in the same way, up to 100,000 sessions, and drops the
   * oldest first.
   */
  maxJournalEntries?: number
}
