import type { Session } from '@holdfast/tokens'

/** A session as `/login`, `/session` and `/verify` show it in JSON. Times are ISO 8601, UTC. */
export interface SessionView {
  subject: string
  /** Public id: fit for logs, useless as a credential. */
  id: string
  /** The gateway that answered. */
  server: string
  issuedAt: string
  /** The session ends here unless it is used before. */
  idleUntil: string
  /** The session ends here whatever happens. */
  expiresAt: string
}

export function sessionView(session: Session, server: string): SessionView {
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  return {
    subject: session.subject,
    id: session.id,
    server,
    issuedAt: iso(session.issuedAtMs),
    idleUntil: iso(session.idleUntilMs),
    expiresAt: iso(session.expiresAtMs),
  }
}
