import type { Claims } from '../../record/claims.ts'

/** The session of a verified token. Times are Unix times in milliseconds. */
export interface Session {
  /** Public id, for logs, lists and revocation by id. It is not a credential. */
  id: string
  subject: string
  claims: Claims
  issuedAtMs: number
  idleUntilMs: number
  expiresAtMs: number
}

export type Active = { status: 'active' } & Session

export type InactiveReason =
  /** The text is not a Holdfast token, or contains a typing error. Decided without asking Redis. */
  | 'malformed'
  /** The token belongs to another data centre. Decided without asking Redis. */
  | 'foreign'
  /** The session does not exist: it was never issued, or it ended long ago. */
  | 'unknown'
  /** Its idle or its absolute lifetime has passed. */
  | 'expired'
  /** The user logged out, or the session was ended. */
  | 'revoked'

export interface Inactive {
  status: 'inactive'
  reason: InactiveReason
  /** Public id; absent for a malformed token. */
  id?: string
}

/** The store could not determine the state. Do not treat this as a logout: keep the cookie and answer 503. */
export interface Unavailable {
  status: 'unavailable'
  /** `STORE_OVERLOADED` if too many operations wait in this process. */
  code: 'STORE_UNAVAILABLE' | 'STORE_OVERLOADED'
  /** One sentence for a log. It names hosts and contains no secret. */
  cause: string
  id: string
}

export type Verification = Active | Inactive | Unavailable

export interface Revocation {
  /** True if this call ended a live session; false if there was no live session. */
  revoked: boolean
  /** Public id; absent for a malformed token. */
  id?: string
}
