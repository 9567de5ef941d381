/**
 * The entries of the audit log, by `event`. A session is identified by its public id, never by its token. `remote` is the
 * address of the client.
 */
export type AuditEntry =
  | { event: 'login'; subject: string; session: string; method: LoginMethod; remote: string }
  /**
   * `subject` is null for an unknown user name: the typed text may have been a password. `detail` is a sentence for the
   * operator, without secrets. `heldBack` only for refusals at a provider, for which no limit bounds the attempts.
   */
  | ({
      event: 'login-refused'
      subject: string | null
      reason: string
      detail?: string
      remote: string
    } & Partial<Repeated>)
  | {
      event: 'logout'
      session: string | null
      revoked: boolean
      why: 'asked' | 'new-login' | 'session-limit'
      remote: string
    }
  /** The store did not acknowledge a logout: the session may have ended. `session` is null for what cannot be a token. */
  | ({ event: 'logout-unacknowledged'; session: string | null; remote: string } & Repeated)
  /** A user changed the own password. `sessions` are the ids of the ended sessions, if the store acknowledged their end. */
  | {
      event: 'password-change'
      subject: string
      sessions: readonly string[]
      outcome: Outcome
      remote: string
    }
  | Revocation
  /** The access rules refused a request. `groups` are the groups of the rule, if a session of these would have passed. */
  | ({
      event: 'access-denied'
      subject: string | null
      session: string | null
      groups: readonly string[] | null
      remote: string
    } & Repeated)
  /** A browser sent a request for a page of another site. `route` is the pattern of its address. */
  | ({ event: 'cross-site-refused'; route: string; remote: string } & Repeated)
  /** `by` is null for a missing or wrong token; otherwise the administrator may only read. */
  | ({ event: 'administrator-refused'; by: string | null; remote: string } & Repeated)
  /** `by` is null for missing or wrong credentials; otherwise the client does not have this right. */
  | ({ event: 'client-refused'; by: string | null; remote: string } & Repeated)
  /** Logins of an account (`subject`) or of an address are rejected for a while. */
  | ({
      event: 'lock-out'
      subject: string | null
      remote: string | null
      reason: string
      untilMs: number
    } & Repeated)
  /** `keys` names the keys that differ; their values may be secrets. */
  | { event: 'configuration-reload'; outcome: 'applied' | 'refused'; keys: readonly string[] }
  /** Written by the log itself: `lost` entries were dropped while the log could not be written. */
  | { event: 'audit-gap'; lost: number }
  /** Written by the log itself: a crash cut off the line before. `torn` is the SHA-256 of what is left of it. */
  | { event: 'audit-torn'; torn: string }

/** How a user logged in: with a password of the users file or of a directory, or at an OpenID provider. */
export type LoginMethod = 'password' | 'ldap' | 'oidc'

/** An entry that a client can cause as often as it likes: many are written as one. */
interface Repeated {
  /** Further ones since the last entry of this kind. */
  heldBack: number
}
type Outcome = 'ended' | 'unknown'

/** Sessions were ended by their ids, or all sessions of a subject. */
interface Revocation {
  event: 'revocation'
  /** The actor: a subject, or the name of an administrator or client. */
  by: string
  /** The way: the user's own page, the admin API, an RFC 7009 client, a command, or a logout at the OpenID provider. */
  via: 'page' | 'admin' | 'client' | 'command' | 'provider'
  /** The owner of the sessions; null when unknown. */
  subject: string | null
  /** The public ids of the ended sessions. */
  sessions: readonly string[]
  /** `unknown` when the store did not acknowledge it: the sessions may have ended. */
  outcome: Outcome
  remote: string
}

/** The level and the message of each entry. */
export const AUDIT_TEXTS: Readonly<Record<AuditEntry['event'], readonly ['info' | 'warn', string]>> = {
  login: ['info', 'Logged in'],
  'login-refused': ['warn', 'Login refused'],
  logout: ['info', 'Logged out'],
  'logout-unacknowledged': ['warn', 'A logout was not acknowledged: the session may have ended'],
  'password-change': ['info', 'Password changed'],
  revocation: ['info', 'Sessions ended'],
  'access-denied': ['warn', 'Access denied by the rules'],
  'cross-site-refused': ['warn', 'A request from a page of another site was refused'],
  'administrator-refused': ['warn', 'A request to the admin API was refused'],
  'client-refused': ['warn', 'A request of an OAuth client was refused'],
  'lock-out': ['warn', 'Too many login attempts: further ones are rejected for a while'],
  'configuration-reload': ['info', 'The configuration was reloaded'],
  'audit-gap': ['warn', 'Entries are missing here, because the log could not be written'],
  'audit-torn': ['warn', 'A crash cut off the line before'],
}
