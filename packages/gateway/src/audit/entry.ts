/**
 * What is written to the audit log, by `event`. A session is named by its public id, never by its token. `remote` is the
 * address that asked.
 */
export type AuditEntry =
  | { event: 'login'; subject: string; session: string; remote: string }
  /** `subject` is null when there is no such user: what was typed as the name may have been the password. */
  | { event: 'login-refused'; subject: string | null; reason: string; remote: string }
  /** `session` is null for a token that is none. */
  | {
      event: 'logout'
      session: string | null
      revoked: boolean
      why: 'asked' | 'new-login' | 'session-limit'
      remote: string
    }
  | Revocation
  /** Logins of an account (`subject`) or of an address are refused for a while. */
  | { event: 'lock-out'; subject: string | null; remote: string | null; reason: string; untilMs?: number }
  /** `keys` names what differs; values may be secrets. */
  | { event: 'configuration-reload'; outcome: 'applied' | 'refused'; keys: readonly string[] }
  /** Written by the log itself: `lost` entries had no place while it could not be written. */
  | { event: 'audit-gap'; lost: number }
  /** Written by the log itself: the line before is the beginning of one that a crash cut off, with this SHA-256. */
  | { event: 'audit-torn'; torn: string }

/** Somebody ended sessions by their ids, or by whose they are. */
interface Revocation {
  event: 'revocation'
  /** Who: a subject, or the name of an administrator's token. */
  by: string
  /** By what: one's own page, the admin API, a client of RFC 7009, a command, a log-out at the OpenID provider. */
  via: 'page' | 'admin' | 'client' | 'command' | 'provider'
  /** Whose; null when it cannot be known. */
  subject: string | null
  /** The public ids of those that ended. */
  sessions: readonly string[]
  /** `unknown` when it was not acknowledged: they may have ended. */
  outcome: 'ended' | 'unknown'
  remote: string
}

/** What a line says to a person, and how loudly. */
export const AUDIT_TEXTS: Readonly<Record<AuditEntry['event'], readonly ['info' | 'warn', string]>> = {
  login: ['info', 'Logged in'],
  'login-refused': ['warn', 'Login refused'],
  logout: ['info', 'Logged out'],
  revocation: ['info', 'Sessions ended'],
  'lock-out': ['warn', 'Logins are locked out'],
  'configuration-reload': ['info', 'The configuration was read again'],
  'audit-gap': ['warn', 'Entries are missing here: the log could not be written'],
  'audit-torn': ['warn', 'The line before was cut off by a crash'],
}
