import type { CallOptions, Session, TokenStore } from '@holdfast/tokens'
import { linkSubject } from './internal-subjects.ts'

/** How long a used logout token is remembered (in milliseconds): longer than it is valid. */
const USED_TOKEN_MS = 15 * 60 * 1000

/** The session at the provider that ended, or the user whose sessions all ended. */
interface LoggedOut {
  sub?: string | undefined
  sid?: string | undefined
}

/** Links between sessions here and the provider's sessions by which they began. */
export interface SessionLinks {
  /** Stores the links of a new session. Throws what `store.issue` throws. */
  add(session: Session, of: { sub: string; sid?: string | undefined }, options: CallOptions): Promise<void>
  /** Ends the sessions that began by `sid`, or all of `sub` without one. Throws what the store throws. */
  end(of: LoggedOut, options: CallOptions): Promise<EndedSession[]>
  /** True for a logout token that was used before. */
  wasUsed(jti: string, options: CallOptions): Promise<boolean>
  markUsed(jti: string, options: CallOptions): Promise<void>
}

interface EndedSession {
  subject: string
  id: string
}

/**
 * Keeps links in the store, because any gateway may receive the provider's logout. A link is an entry under a subject made
 * of `sid` or `sub`. It names the session in its sealed label, and its own token is discarded.
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
