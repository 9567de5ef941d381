import type { CallOptions } from '../../deadline.ts'
import type { Claims } from '../../record/claims.ts'
import type { RenewedSecrets } from '../api/options.ts'
import type { StoreStatus } from '../api/status.ts'
import type { Active, Inactive, Revocation, Session, Verification } from '../api/verification.ts'
import type { Attempts } from '../attempts/attempts.ts'
import type { ExternalSessions } from './external-sessions.ts'
import type { Registers } from './registers.ts'

export interface IssueRequest {
  /** The user who logged in: 1 to 256 characters. The store does not interpret them. */
  subject: string
  /** Default is an empty object. */
  claims?: Claims
  /** A label for the device, shown in a list of "my sessions": at most 256 characters. */
  device?: string
  /** The session ends after this time without a touch (in milliseconds). Default: the store's. */
  idleMs?: number
  /** The session always ends this long after it was issued (in milliseconds). Default: the store's. */
  absoluteMs?: number
}

export interface IssuedToken extends Session {
  /** The secret. Give it to the client; never log it. */
  token: string
}

/** A session in a list: without its claims. */
export interface SessionSummary {
  id: string
  /** Empty for an external session without a user. */
  subject: string
  device: string
  issuedAtMs: number
  idleUntilMs: number
  expiresAtMs: number
}

/** The result of `rotate`. */
export type Rotation = ({ status: 'active' } & IssuedToken) | Inactive

/**
 * The sessions of one data centre. It is safe to call any method again.
 *
 * If a read cannot determine the state, it answers `unavailable` or throws. If a write is not acknowledged, it
 * throws {@link StoreUnavailableError} (`STORE_UNAVAILABLE`), {@link StoreOverloadedError} (`STORE_OVERLOADED`) or
 * {@link StoreFullError} (`STORE_FULL`). Arguments out of bounds throw {@link InvalidOptionError}
 * (`INVALID_OPTION`). After `close`, every method throws {@link StoreClosedError} (`STORE_CLOSED`).
 */
export interface TokenStore {
  /** Starts a session and returns its token. */
  issue(request: IssueRequest, options?: CallOptions): Promise<IssuedToken>

  /** Verifies a token. Does not extend its idle lifetime. Throws only `STORE_CLOSED`. */
  verify(token: string, options?: CallOptions): Promise<Verification>

  /**
   * Returns the session of a token that this process has verified before, if its near cache can still answer under
   * a valid lease. Needs no I/O and no turn of the event loop. Null says nothing about the token: call `verify`.
   */
  verifyNow(token: string): Active | null

  /**
   * Extends the idle lifetime to `idleMs` from now, but not beyond the absolute end. It never shortens the
   * lifetime.
   */
  touch(token: string, options?: CallOptions & { idleMs?: number }): Promise<Active | Inactive>

  /**
   * Replaces the claims with `change(claims)`, which always receives the newest claims. No update of a session is
   * lost to another one: within a process they run one after the other, and an update that another process
   * overtook is tried again, after a pause, until the deadline of the call. So `change` may run more than once and
   * must have no side effects. If a failover hides whether an attempt was applied, and the update of another caller
   * comes in between, this update is applied again. Throws `UPDATE_CONFLICT` if other processes overtook every
   * attempt, and `STORE_OVERLOADED` if `maxQueuedWrites` updates and rotations of this process already wait.
   */
  update(token: string, change: (claims: Claims) => Claims, options?: CallOptions): Promise<Active | Inactive>

  /**
   * Issues a new token with the same session content and absolute end, and ends the old token, in one step. A
   * session that has ended, or that another call ends at the same time, is not continued. No acknowledged update is
   * lost to a rotation: if an update comes in between, the rotation is tried again with the newest claims, until the
   * deadline. After a failover this
   * call waits, like `list`, until the new primary has received all pending writes. If it throws, the outcome is
   * unknown: either the old token is still valid, or both tokens have ended or soon will. After `STORE_FULL` the
   * old token is still valid.
   */
  rotate(token: string, options?: CallOptions): Promise<Rotation>

  /**
   * Ends a session permanently, and also the session that a concurrent `rotate` created from it. If the session has
   * ended or is unknown, this is not an error. For half a minute after the store was opened or the primary changed,
   * a process ends only a limited number of unknown sessions; further calls throw `STORE_UNAVAILABLE`.
   */
  revoke(token: string, options?: CallOptions): Promise<Revocation>

  /** Ends the session of `subject` that has the public id `id`, also if it was rotated in the last ten minutes. */
  revokeById(subject: string, id: string, options?: CallOptions): Promise<Revocation>

  /**
   * Ends all sessions of `subject`, except that of `exceptToken` if it is given, and also the sessions that a
   * concurrent `rotate` creates from the ended ones. Returns the ids of the listed sessions that it ended. It ends
   * them in batches, so if it throws, some sessions may have ended: call it again.
   */
  revokeSubject(
    subject: string,
    options?: CallOptions & { exceptToken?: string },
  ): Promise<{ revokedIds: string[] }>

  /**
   * Returns the live sessions of `subject`, oldest first. After a failover it waits, like a write, until the new
   * primary has received all pending writes.
   */
  list(subject: string, options?: CallOptions): Promise<SessionSummary[]>

  /**
   * Returns the sessions under the ids of another library, such as express-session. `namespace` is 1 to 64 of `a-z`,
   * `0-9`, `-`, one for each library or application: the same id in two namespaces is two sessions. Every process must
   * run a version of Holdfast that has this method before the first one uses it.
   */
  external(namespace: string): ExternalSessions

  /** Returns values that may be deleted and come again, such as one-time codes. `namespace` is as for {@link external}. */
  registers(namespace: string): Registers

  /** Counters of attempts that all processes share, used to limit login attempts. */
  readonly attempts: Attempts

  /**
   * Returns the time that decides whether a session has ended (Unix time in milliseconds). It is the clock of this
   * process or, while that clock is wrong, the time of a majority of the nodes. NaN if no majority agrees on a
   * time. Use it instead of `Date.now()` to compute the age of a session.
   */
  nowMs(): number

  /** Returns what this process knows about its nodes, without I/O. */
  status(): StoreStatus

  /**
   * Resolves when the store can acknowledge a login. Throws `STORE_UNAVAILABLE`, or `AUTH_FAILED` if a node refuses
   * the password, and names the hosts. The store continues to retry in any case.
   */
  ready(options?: CallOptions): Promise<void>

  /**
   * Switches to new secrets without interruption. First, a majority of the Sentinels and every reachable Redis (at
   * least one) must accept a login with the new secrets. The connections in use are not affected. After that, every
   * new connection uses the new secrets, and open connections stay open. Sessions sealed with older keys of the
   * ring stay readable as long as the ring contains those keys. Default deadline: `writeTimeoutMs`.
   *
   * Throws `AUTH_FAILED` or `TLS_FAILED` if a server refuses them, `STORE_UNAVAILABLE` if too few servers could be
   * asked, and `INVALID_OPTION` if they are not valid, for example a key ring without the current key. In all these
   * cases the store continues to use the old secrets.
   */
  renew(secrets: RenewedSecrets, options?: CallOptions): Promise<void>

  /**
   * Closes all connections. First it waits, at most 2 s, until every replica has confirmed the acknowledged writes
   * that this process remembers. New operations throw during that time; operations in progress throw at the end. If
   * a replica is still missing at the end, the store reports `closed-unconfirmed` to the observer. Then only other
   * processes that received those writes protect them: do not restart all processes while a replica is down.
   */
  close(): Promise<void>
}
