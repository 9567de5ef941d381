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
  /** True when a live session ended by this call; false when there was none to end. */
  revoked: boolean
  /** Public id; absent for a malformed token. */
  id?: string
}

export interface StoreStatus {
  /** True when this process can acknowledge a login now, as far as it knows. False while its clock is wrong. */
  writable: boolean
  /** True when this process can verify now: the primary, or a majority of the nodes, answers it, and its clock is right. */
  readable: boolean
  /** `host:port` of the primary, or null while none is known. */
  primary: string | null
  /** Why it is not writable or not readable: one sentence, no secret. Null when all is well. */
  problem: string | null
  /** How much longer this process may answer from its own knowledge (in milliseconds). */
  leaseRemainingMs: number
  /** How long ago what it knows was last proved complete (in milliseconds); null when it never was. */
  leaseAgeMs: number | null
  /** Acknowledged writes that not every node has yet. */
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
 * The sessions of one data centre. Every method of every implementation is safe to call again.
 *
 * Reads that cannot know answer `unavailable` or throw; writes that were not acknowledged throw
 * {@link StoreUnavailableError} (`STORE_UNAVAILABLE`), {@link StoreOverloadedError} (`STORE_OVERLOADED`) or
 * {@link StoreFullError} (`STORE_FULL`). Arguments out of bounds throw {@link InvalidOptionError}
 * (`INVALID_OPTION`). After `close`, everything throws {@link StoreClosedError} (`STORE_CLOSED`).
 */
export interface TokenStore {
  /** Starts a session and returns its token. */
  issue(request: IssueRequest, options?: CallOptions): Promise<IssuedToken>

  /** Says whether a token is good now. Does not extend its idle lifetime. Throws only `STORE_CLOSED`. */
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
   * once and must be free of side effects. When a failover hides whether a try was applied, and somebody else's
   * update comes between, it is applied again. Throws `UPDATE_CONFLICT` after several lost races.
   */
  update(token: string, change: (claims: Claims) => Claims, options?: CallOptions): Promise<Active | Inactive>

  /**
   * Issues a new token for the same session content and absolute end, and ends the old token, in one step. A session that
   * has ended, or is ended meanwhile, is not continued. After a failover it waits, as `list` does, until the new primary has
   * received all. When it throws, the outcome is unknown: the old token is still good, or both have ended or soon will;
   * after `STORE_FULL` the old token is still good.
   */
  rotate(token: string, options?: CallOptions): Promise<Rotation>

  /**
   * Ends a session for good, and one that a concurrent `rotate` made of it. Ending an ended or unknown one is no error.
   * For half a minute after the store was opened or the primary changed, few unknown ones are ended per process: then it
   * throws `STORE_UNAVAILABLE`.
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
   * The live sessions of `subject`, oldest first. After a failover it waits, as a write does, until the new primary has
   * been told of all.
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
   * Resolves when the store can acknowledge a login. Throws `STORE_UNAVAILABLE`, or `AUTH_FAILED` when a
   * node refuses the password, naming the hosts. A store that is not ready goes on trying all the same.
   */
  ready(options?: CallOptions): Promise<void>

  /**
   * Takes new secrets without a pause. Before anything changes, a majority of the Sentinels and every Redis that can be
   * reached (one at least) must accept a login by the new ones, beside the connections in use; from then on every fresh connection logs
   * in so, and those that are open stay. Sessions that older keys of the ring have sealed stay readable for as long as
   * the ring holds those keys. Default deadline: `writeTimeoutMs`.
   *
   * Throws `AUTH_FAILED` or `TLS_FAILED` when they are refused, `STORE_UNAVAILABLE` when too few could be asked,
   * `INVALID_OPTION` when they cannot be used, as a ring that lacks the key which is current now; then the old ones
   * stay in use.
   */
  renew(secrets: RenewedSecrets, options?: CallOptions): Promise<void>

  /**
   * Ends all connections. Waits first, up to 2 s, until every replica has confirmed the acknowledged writes that this
   * process remembers; new operations throw meanwhile, those under way at the end. When a replica stays away it reports
   * `closed-unconfirmed` to the observer. Then only other processes that heard those writes protect them: while a replica
   * is away, do not restart all processes.
   */
  close(): Promise<void>
}
