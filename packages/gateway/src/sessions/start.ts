import type { Claims, IssuedToken } from '@holdfast/tokens'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { clientAddress } from '../http/client-address.ts'
import { readCredential } from '../http/credential.ts'
import { claimsOf, type Identity } from '../identities/identity.ts'
import type { Services } from '../routes/services.ts'
import { deviceLabel, deviceWords } from './device.ts'
import { sessionsToEnd } from './limit.ts'

/** Who logged in, and how. */
export interface Start {
  identity: Identity
  /** Beside those of the identity. */
  claims?: Claims
  /** Whether the person asked to stay logged in. Counts only where `sessions.rememberMs` is configured. */
  remember?: boolean
  /** Awaited when the session is issued, before anything else is done. */
  whenIssued?: (session: IssuedToken) => Promise<void>
}

/** What became of a login whose password was right. */
export type Started =
  | { status: 'started'; session: IssuedToken }
  /** There are `most` sessions already, and another may not begin. */
  | { status: 'full'; most: number }

/**
 * Starts a session and sets its cookie, then ends the one that the request came with: a login never goes on under a token
 * that was known before it. When that end is not acknowledged the login fails as a whole, and the new token, which nobody
 * has seen, ends idle. At last the limit of sessions is kept, by the rule of `sessionsToEnd`.
 *
 * Throws as the store does.
 */
export async function startSession(
  request: FastifyRequest,
  reply: FastifyReply,
  services: Services,
  { identity, claims = {}, remember = false, whenIssued }: Start,
): Promise<Started> {
  const { subject } = identity
  const { store, cookie, audit, lifecycle, sessions } = services
  const options = { signal: lifecycle.giveUp }
  const remote = clientAddress(request)
  const before = readCredential(request, cookie)
  const rememberMs = remember ? sessions.rememberMs : undefined

  if (sessions.whenFull === 'refuse' && sessions.mostPerUser !== undefined) {
    // The one that the request came with makes way.
    const [own, live] = await Promise.all([
      before ? store.verify(before.token, options) : null,
      store.list(subject, options),
    ])
    const others = live.filter(({ id }) => own?.status !== 'active' || id !== own.id)
    if (others.length >= sessions.mostPerUser) return { status: 'full', most: sessions.mostPerUser }
  }

  const device = deviceLabel({ words: deviceWords(request.headers['user-agent']), address: remote })
  const lifetime = rememberMs === undefined ? {} : { idleMs: rememberMs, absoluteMs: rememberMs }
  const session = await store.issue(
    { subject, claims: { ...claimsOf(identity), ...claims }, device, ...lifetime },
    options,
  )
  await whenIssued?.(session)
  if (before) {
    const { revoked, id } = await store.revoke(before.token, options)
    if (revoked) audit.loggedOut({ session: id ?? null, revoked, why: 'new-login', remote })
  }
  if (!(await keepLimit(services, session, remote))) {
    return { status: 'full', most: sessions.mostPerUser ?? 0 }
  }
  audit.loggedIn({ subject, session: session.id, remote })
  cookie.set(reply, session.token, rememberMs)
  return { status: 'started', session }
}

/** Ends what is too much. False when the session that has just begun is among it. */
async function keepLimit(services: Services, session: IssuedToken, remote: string): Promise<boolean> {
  const { store, audit, lifecycle, sessions } = services
  if (sessions.mostPerUser === undefined) return true
  const { subject } = session
  const options = { signal: lifecycle.giveUp }
  const live = await store.list(subject, options)
  const ended = sessionsToEnd(live, sessions.mostPerUser, sessions.whenFull)
  for (const { id } of ended) {
    const { revoked } = await store.revokeById(subject, id, options)
    if (revoked) audit.loggedOut({ session: id, revoked, why: 'session-limit', remote })
  }
  return !ended.some(({ id }) => id === session.id)
}
