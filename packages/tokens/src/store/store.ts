import type { Claims } from '../record/claims.ts'
import type { Attempts } from './attempts.ts'
import type { CallOptions } from './call-options.ts'
import type { RenewedSecrets } from './options.ts'
import type { Active, Inactive, Session, Verification } from './verification.ts'

export interface IssueRequest {
  /** Who logged in: 1 to 256 characters, opaque to the store. */
  subject: string
  /** Default is an empty object. */
  claims?: Claims
  /** A label of the device for "my sessions", at most 256 characters. */
  device?: string
  /** The session ends when it was not touched for this long (in milliseconds). Default: the store's. */
  idleMs?: number
  /** The session ends this long after issue, whatever happens (in milliseconds). Default: the store's. */
  absoluteMs?: number
}

export interface IssuedToken extends Session {
  /** The secret. Hand it to the client; never log it. */
  token: string
}

/** A session as a list shows it: without its claims. */
export interface SessionSummary {
  id: string
  subject: string
  device: string
  issuedAtMs: number
  idleUntilMs: number
  expiresAtMs: number
}

/** What `rotate` answers. */
export type Rotation = ({ status: 'active' } & IssuedToken) | Inactive

export interface Revocation {
  /** True when this call ended a live session; false when there was no live session. */
  revoked: boolean
  /** Public id; absent for a malformed token. */
  id?: string
}

export interface StoreStatus {
  /** Whether this process can acknowledge a login now, as far as it knows. False while its clock is wrong. */
  writable: boolean
  /** Whether this process can verify now: the primary or a majority of the nodes answers, and its clock is right. */
  readable: boolean
  /** `host:port` of the primary, or null while none is known. */
  primary: string | null
  /** Why the store is not writable or not readable: one sentence without a secret. Null when it is both. */
  problem: string | null
  /** How much longer this process may answer from its own knowledge (in milliseconds). */
  leaseRemainingMs: number
  /** Time since the near cache was last proved complete (in milliseconds); null before the first proof. */
  leaseAgeMs: number | null
  /** Acknowledged writes that at least one node still lacks. */
  journalEntries: number
  /** Sessions that this process knows, ended ones included. */
  cachedRecords: number
  /** Writes that wait for their acknowledgement. */
  waitingWrites: number
  /** Reads that wait for an answer. */
  waitingReads: number
  nodes: { address: string; role: 'primary' | 'replica' | 'unknown'; up: boolean }[]
  sentinels: { address: string; up: boolean }[]
}

/**
 * The sessions of one data centre. Calling any method again is safe.
 *
 * Reads that cannot know answer `unavailable` or throw; writes that were not acknowledged throw {@link
 * StoreUnavailableError} (`STORE_UNAVAILABLE`), {@link StoreOverloadedError} (`STORE_OVERLOADED`) or {@link
 * StoreFullError} (`STORE_FULL`). Arguments out of bounds throw {@link InvalidOptionError} (`INVALID_OPTION`). After
 * `close`, everything throws {@link StoreClosedError} (`STORE_CLOSED`).
 */
export interface TokenStore {
  /** Starts a session and returns its token. */
  issue(request: IssueRequest, options?: CallOptions): Promise<IssuedToken>

  /** Verifies a token. Does not extend its idle lifetime. Throws only `STORE_CLOSED`. */
  verify(token: string, options?: CallOptions): Promise<Verification>

  /**
   * The session of a token that this process has verified before and may call good now from its own knowledge, under its
   * lease; without I/O, and without a turn of the event loop. Null says nothing about the token: `verify` does.
   */
  verifyNow(token: string): Active | null

  /** Extends the idle lifetime to `idleMs` from now (never beyond the absolute end, never shorter). */
  touch(token: string, options?: CallOptions & { idleMs?: number }): Promise<Active | Inactive>

  /**
   * Replaces the claims by `change(claims)`. Updates of one session exclude each other; `change` may run more than
   * once and must be free of side effects. If a failover hides whether an attempt was applied, and another caller's
   * update comes in between, it is applied again. Throws `UPDATE_CONFLICT` after several lost races.
   */
  update(token: string, change: (claims: Claims) => Claims, options?: CallOptions): Promise<Active | Inactive>

  /**
   * Issues a new token for the same session content and absolute end, and ends the old token, in one step. A session
   * that has ended, or is ended meanwhile, is not continued. After a failover it waits, like `list`, until the new
   * primary has received all pending writes. When it throws, the outcome is unknown: the old token is still good, or
   * both have ended or soon will; after `STORE_FULL` the old token is still good.
   */
  rotate(token: string, options?: CallOptions): Promise<Rotation>

  /**
   * Ends a session for good, and one that a concurrent `rotate` made of it. Ending an ended or unknown one is no
   * error. For half a minute after the store was opened or the primary changed, a process ends only a few unknown
   * sessions; further calls throw `STORE_UNAVAILABLE`.
   */
  revoke(token: string, options?: CallOptions): Promise<Revocation>

  /** Ends the session of `subject` with public id `id`. */
  revokeById(subject: string, id: string, options?: CallOptions): Promise<Revocation>

  /**
   * Ends all sessions of `subject`, or all but the one of `exceptToken`, and those that a concurrent `rotate` makes of the
   * ended ones; returns the ids of those that were listed. They are ended in units, so when it throws some have ended:
   * call it again.
   */
  revokeSubject(
    subject: string,
    options?: CallOptions & { exceptToken?: string },
  ): Promise<{ revokedIds: string[] }>

  /**
   * The live sessions of `subject`, oldest first. After a failover it waits, like a write, until the new primary has
   * received all pending writes.
   */
  list(subject: string, options?: CallOptions): Promise<SessionSummary[]>

  /** Counters of attempts that all processes share, for limits of logins. */
  readonly attempts: Attempts

  /**
   * The time by which sessions are judged (Unix time in milliseconds): this process's clock, or while that is wrong the time
   * of a majority of the nodes. NaN while no majority shows a time. Judge ages of sessions by it, not by `Date.now()`.
   */
  nowMs(): number

  /** What this process knows about its nodes; no I/O. */
  status(): StoreStatus

  /**
   * Resolves when the store can acknowledge a login. Throws `STORE_UNAVAILABLE`, or `AUTH_FAILED` when a node
   * refuses the password, naming the hosts. The store keeps retrying in any case.
   */
  ready(options?: CallOptions): Promise<void>

  /**
   * Takes new secrets without a pause. Before anything changes, a majority of the Sentinels and every Redis that can
   * be reached (one at least) must accept a login by the new ones, beside the connections in use; from then on every
   * new connection uses them, and open connections stay. Sessions that older keys of the ring have sealed stay
   * readable for as long as the ring holds those keys. Default deadline: `writeTimeoutMs`.
   *
   * Throws `AUTH_FAILED` or `TLS_FAILED` when they are refused, `STORE_UNAVAILABLE` when too few could be asked,
   * `INVALID_OPTION` when they cannot be used, for example a key ring without the current key. In all these cases
   * the old secrets stay in use.
   */
  renew(secrets: RenewedSecrets, options?: CallOptions): Promise<void>

  /**
   * Ends all connections. Waits first, up to 2 s, until every replica has confirmed the acknowledged writes that
   * this process remembers; new operations throw meanwhile, those under way at the end. When a replica stays away it
   * reports `closed-unconfirmed` to the observer. Then only other processes that received those writes protect them:
   * do not restart all processes while a replica is down.
   */
  close(): Promise<void>
}
