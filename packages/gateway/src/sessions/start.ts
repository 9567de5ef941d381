import type { Claims, IssuedToken, TokenStore } from '@holdfast/tokens'
import { readCredential } from '@holdfast/tokens/web'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Audit } from '../audit/audit.ts'
import type { LoginMethod } from '../audit/entry.ts'
import type { Lifecycle } from '../base/lifecycle.ts'
import type { SessionsConfig } from '../config/logins.ts'
import { clientAddress } from '../http/client-address.ts'
import type { SessionCookie } from '../http/credential.ts'
import { claimsOf, type Identity } from '../users/identity.ts'
import { audienceClaim } from './audience.ts'
import { deviceLabel, deviceWords } from './device.ts'
import { sessionsToEnd } from './limit.ts'

/** The parts of a gateway that a new session needs. */
interface StartServices {
  store: TokenStore
  cookie: SessionCookie
  audit: Audit
  lifecycle: Lifecycle
  sessions: SessionsConfig
}

/** Bounds of the list of groups in a log line. */
const MAX_LOGGED_GROUPS = 20
const MAX_LOGGED_LENGTH = 256

/** The user who logged in, and how. */
export interface Start {
  identity: Identity
  /** Names of groups that the session does not carry, for the log. */
  omittedGroups?: readonly string[] | undefined
  method: LoginMethod
  /** Claims besides those of the identity. */
  claims?: Claims
  /** True when the user asked to stay logged in. Ignored unless `sessions.rememberMs` is configured. */
  remember?: boolean
  /** The client gets the token itself, and no cookie. With an audience only that client's token introspection accepts it. */
  bearer?: { audience?: string | undefined } | null
  /** Awaited after the session is issued, before anything else happens. */
  whenIssued?: (session: IssuedToken) => Promise<void>
}

/** The result of starting a session after a successful login. */
export type Started =
  | { status: 'started'; session: IssuedToken }
  /** The user already has `max` sessions, and no further one may begin. */
  | { status: 'full'; max: number }

/**
 * Starts a session and sets its cookie (not with `bearer`), then ends the session that the request came with: a login never continues under a
 * token that was known before it (session fixation). If that end is not acknowledged, the whole login fails, and the new
 * token, which no client has seen, expires. With `bearer` the session of the browser's cookie goes on. Finally it enforces the session limit, by the rule of `sessionsToEnd`.
 *
 * Throws as the store does.
 */
export async function startSession(
  request: FastifyRequest,
  reply: FastifyReply,
  services: StartServices,
  { identity, method, omittedGroups = [], claims = {}, remember = false, bearer = null, whenIssued }: Start,
): Promise<Started> {
  const { subject } = identity
  const { store, cookie, audit, lifecycle, sessions } = services
  const options = { signal: lifecycle.giveUp }
  const remote = clientAddress(request)
  const presented = readCredential(request.headers, cookie.name)
  const before = bearer !== null && presented?.from === 'cookie' ? null : presented
  const rememberMs = remember ? sessions.rememberMs : undefined

  if (sessions.onLimit === 'reject' && sessions.maxPerUser !== undefined) {
    // The session that the request came with ends, so it does not count.
    const [own, live] = await Promise.all([
      before ? store.verify(before.token, options) : null,
      store.list(subject, options),
    ])
    const others = live.filter(({ id }) => own?.status !== 'active' || id !== own.id)
    if (others.length >= sessions.maxPerUser) return { status: 'full', max: sessions.maxPerUser }
  }

  const device = deviceLabel({ words: deviceWords(request.headers['user-agent']), address: remote })
  const lifetime = rememberMs === undefined ? {} : { idleMs: rememberMs, absoluteMs: rememberMs }
  const session = await store.issue(
    {
      subject,
      claims: { ...claimsOf(identity), ...claims, ...audienceClaim(bearer?.audience) },
      device,
      ...lifetime,
    },
    options,
  )
  await whenIssued?.(session)
  if (before) {
    const { revoked, id } = await store.revoke(before.token, options)
    if (revoked) audit.loggedOut({ session: id ?? null, revoked, why: 'new-login', remote })
  }
  if (!(await enforceLimit(services, session, remote))) {
    return { status: 'full', max: sessions.maxPerUser ?? 0 }
  }
  audit.loggedIn({ subject, session: session.id, method, remote })
  if (omittedGroups.length > 0) logOmittedGroups(request, subject, omittedGroups)
  if (bearer === null) cookie.set(reply, session.token, rememberMs)
  return { status: 'started', session }
}

/** A rule that names such a group would never match, so the log names them. */
function logOmittedGroups(request: FastifyRequest, subject: string, omitted: readonly string[]): void {
  const groups = omitted.slice(0, MAX_LOGGED_GROUPS).map((group) => group.slice(0, MAX_LOGGED_LENGTH))
  request.log.warn(
    { event: 'groups-omitted', subject, groups, count: omitted.length },
    'The session does not carry these groups: they have no usable name, or are not below `groups.base`',
  )
}

/** Ends the surplus sessions. False when the new session is one of them. */
async function enforceLimit(services: StartServices, session: IssuedToken, remote: string): Promise<boolean> {
  const { store, audit, lifecycle, sessions } = services
  if (sessions.maxPerUser === undefined) return true
  const { subject } = session
  const options = { signal: lifecycle.giveUp }
  const live = await store.list(subject, options)
  const ended = sessionsToEnd(live, sessions.maxPerUser, sessions.onLimit)
  for (const { id } of ended) {
    const { revoked } = await store.revokeById(subject, id, options)
    if (revoked) audit.loggedOut({ session: id, revoked, why: 'session-limit', remote })
  }
  return !ended.some(({ id }) => id === session.id)
}
