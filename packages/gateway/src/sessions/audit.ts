import type { FastifyBaseLogger } from 'fastify'

/** One line of the log for each login, refused login and log-out: the session's public id and the UTC time. */
export interface Audit {
  loggedIn(entry: { subject: string; session: string; remote: string }): void
  /**
   * `subject` is null when there is no such user: what was typed as the name may have been the password.
   */
  loginRefused(entry: { subject: string | null; reason: string; remote: string }): void
  /** `session` is null for a token that is none. */
  loggedOut(entry: {
    session: string | null
    revoked: boolean
    why: 'asked' | 'new-login'
    remote: string
  }): void
}

export function createAudit(log: FastifyBaseLogger): Audit {
  return {
    loggedIn: (entry) => log.info({ event: 'login', ...entry }, 'Logged in'),
    loginRefused: (entry) => log.warn({ event: 'login-refused', ...entry }, 'Login refused'),
    loggedOut: (entry) => log.info({ event: 'logout', ...entry }, 'Logged out'),
  }
}
