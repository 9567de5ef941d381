import type { CallOptions } from '../../deadline.ts'
import type { Claims } from '../../record/claims.ts'
import type { Inactive, Revocation, Unavailable } from '../api/verification.ts'

/** A session under an id that another library made. Times are Unix times in milliseconds. */
export interface ExternalSession {
  /** Public id, for logs, lists and revocation by id. It is not the id of the other library, and not a credential. */
  id: string
  /** The user of the session; null before a login. */
  subject: string | null
  /** A label for the device; empty if there is none. */
  device: string
  claims: Claims
  /** Increases with every change of the session. Pass it with the claims as `base` of a put. */
  version: number
  issuedAtMs: number
  idleUntilMs: number
  expiresAtMs: number
}

export type ExternalActive = { status: 'active' } & ExternalSession

export type ExternalVerification = ExternalActive | Inactive | Unavailable

/** The session that the caller of a put has read and changed. */
export type ExternalBase = Pick<ExternalSession, 'version' | 'claims'>

export interface ExternalPut {
  /** The claims that the session has afterwards: at most 16 KiB as JSON, and 512 names during the life of a session. */
  claims: Claims
  /** The user: 1 to 256 characters, or null for none. Default: the user that the session has; none if it is new. */
  subject?: string | null
  /** A label for the device, at most 256 characters. Default: the label that the session has. */
  device?: string
  /** The session ends this long after now without a touch (in milliseconds). Default: the store's. */
  idleMs?: number
  /**
   * A new session always ends this long after its first put (in milliseconds). A later put does not change the end.
   * Default: the store's.
   */
  absoluteMs?: number
  /**
   * The session as the caller read it before the change. The put then applies only the difference: claims that another
   * caller changed since stay changed. With a base, a session that is not live any more is not started again.
   * Without a base, the put starts the session, or replaces all claims of a live one.
   */
  base?: ExternalBase
  /**
   * How to treat a session that changed since `base` was read. `merge` applies the difference anyway, claim by claim.
   * `fail` writes nothing and answers *conflict*; without a base, it requires that there is no live session. Default is
   * `merge`.
   */
  onConflict?: 'merge' | 'fail'
}

/** The session has changed since `base` was read, and nothing was written. */
export interface Conflict {
  status: 'conflict'
  id: string
}

/**
 * The sessions under the ids of another library, such as express-session. The ids must be secret and hard to guess, as
 * every session id: only a hash of them reaches Redis, and the claims are sealed with a key that is derived from the
 * id. Everything that {@link TokenStore} promises for tokens holds for these sessions. They also appear in `list`, and
 * `revokeSubject` and `revokeById` end them.
 *
 * An id is a text of 16 to 1024 characters; another one throws `INVALID_OPTION`. Methods throw as those of
 * {@link TokenStore}.
 */
export interface ExternalSessions {
  readonly namespace: string

  /** Returns the session of an id. Does not extend its idle lifetime. Throws only `STORE_CLOSED` and `INVALID_OPTION`. */
  get(id: string, options?: CallOptions): Promise<ExternalVerification>

  /**
   * Returns the session of an id that this process has read before, if its near cache can still answer under a valid
   * lease. Needs no I/O and no turn of the event loop. Null says nothing about the session: call `get`.
   */
  getCached(id: string): ExternalActive | null

  /**
   * Starts or changes a session. Puts of one session change it one after the other, also those of several processes, and
   * each claim has the value of the last put that changed it. The idle end moves to `idleMs` from now, also to an earlier
   * time if `idleMs` is given.
   *
   * A session that was ended stays ended: the put then answers *inactive* with the reason `revoked`, and the caller needs
   * a new id. If a failover hides whether a put was applied, and the put of another caller comes in between, this put is
   * applied again; with `onConflict: 'fail'` it may then answer *conflict* although it was applied. Throws
   * `UPDATE_CONFLICT` if other processes overtook every attempt.
   */
  put(
    id: string,
    request: ExternalPut & { onConflict: 'fail' },
    options?: CallOptions,
  ): Promise<ExternalActive | Inactive | Conflict>
  put(
    id: string,
    request: ExternalPut & { onConflict?: 'merge' },
    options?: CallOptions,
  ): Promise<ExternalActive | Inactive>

  /** Extends the idle lifetime to `idleMs` from now, but not beyond the absolute end. It never shortens the lifetime. */
  touch(id: string, options?: CallOptions & { idleMs?: number }): Promise<ExternalActive | Inactive>

  /**
   * Ends a session permanently. An unknown session is not an error, and leaves nothing behind: a later put starts it. To
   * refuse such a put, pass `refuseForMs`: how long an id whose session is unknown counts as ended (in milliseconds).
   */
  end(id: string, options?: CallOptions & { refuseForMs?: number }): Promise<Revocation>
}
