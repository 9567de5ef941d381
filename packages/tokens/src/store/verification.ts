import type { Claims } from '../record/claims.ts'

/** A session as its own token shows it. Times are Unix times in milliseconds. */
export interface Session {
  /** Public id: fit for logs, lists and revocation by id; useless as a credential. */
  id: string
  subject: string
  claims: Claims
  issuedAtMs: number
  idleUntilMs: number
  expiresAtMs: number
}

export type Active = { status: 'active' } & Session

export type InactiveReason =
  /** Not a token of Holdfast, or mistyped: decided without asking Redis. */
  | 'malformed'
  /** A token of another data centre: decided without asking Redis. */
  | 'foreign'
  /** The session does not exist: it was never issued, or ended long ago. */
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

/** The store could not determine the state. This is never a logout: keep the cookie and answer 503. */
export interface Unavailable {
  status: 'unavailable'
  /** `STORE_OVERLOADED` when this process itself has too much waiting. */
  code: 'STORE_UNAVAILABLE' | 'STORE_OVERLOADED'
  /** One sentence for a log: names hosts, holds no secret. */
  cause: string
  id: string
}

export type Verification = Active | Inactive | Unavailable
