import type { CallOptions, Session, TokenStore } from '@holdfast/tokens'
import { linkSubject } from './bookkeeping.ts'

/** How long a used logout token is remembered (in milliseconds): longer than one is taken. */
const USED_TOKEN_MS = 15 * 60 * 1000

/** Which of the provider's sessions, or whose. */
interface LoggedOut {
  sub?: string | undefined
  sid?: string | undefined
}

/** Which sessions here began by which session at the provider. */
export interface SessionLinks {
  /** Remembers it of a new session. Throws what `store.issue` throws. */
  add(session: Session, of: { sub: string; sid?: string | undefined }, options: CallOptions): Promise<void>
  /** Ends the sessions that began by `sid`; without one all of `sub`. Throws what the store throws. */
  end(of: LoggedOut, options: CallOptions): Promise<EndedSession[]>
  /** True for a logout token that was used. */
  wasUsed(jti: string, options: CallOptions): Promise<boolean>
  markUsed(jti: string, options: CallOptions): Promise<void>
}

interface EndedSession {
  subject: string
  id: string
}

/**
 * Keeps links in the store, since any gateway may be told of a log-out. A link is an entry under a subject made of `sid`
 * or `sub`; it names the session in its sealed label, and its own token is thrown away.
 * INV-GATEWAY-15.
 */
export function createSessionLinks(store: TokenStore, issuer: string): SessionLinks {
  const remember = async (subject: string, label: string, lifetimeMs: number, options: CallOptions) => {
    const lifetime = { idleMs: lifetimeMs, absoluteMs: lifetimeMs }
    await store.issue({ subject, device: label, ...lifetime }, options)
  }
  return {
    async add(session, { sub, sid }, options) {
      const subjects = [
        linkSubject('sub', issuer, sub),
        ...(sid === undefined ? [] : [linkSubject('sid', issuer, sid)]),
      ]
      const lifetimeMs = Math.max(1, session.expiresAtMs - Date.now())
      await Promise.all(
        subjects.map((subject) => remember(subject, `${session.id} ${session.subject}`, lifetimeMs, options)),
      )
    },
    async end({ sub, sid }, options) {
      const subject =
        sid === undefined ? linkSubject('sub', issuer, sub ?? '') : linkSubject('sid', issuer, sid)
      const links = await store.list(subject, options)
      const found = links.flatMap(({ device }) => sessionOf(device) ?? [])
      const ended = await Promise.all(
        found.map(async (session) => {
          const { revoked } = await store.revokeById(session.subject, session.id, options)
          return revoked ? [session] : []
        }),
      )
      return ended.flat()
    },
    async wasUsed(jti, options) {
      return (await store.list(linkSubject('jti', issuer, jti), options)).length > 0
    },
    markUsed: (jti, options) => remember(linkSubject('jti', issuer, jti), '', USED_TOKEN_MS, options),
  }
}

function sessionOf(label: string): EndedSession | null {
  const [, id, subject] = /^(\S+) (.+)$/s.exec(label) ?? []
  return id === undefined || subject === undefined ? null : { id, subject }
}
