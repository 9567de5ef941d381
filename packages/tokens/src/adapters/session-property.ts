import type { IncomingMessage } from 'node:http'
import { SessionConflictError } from '../errors.ts'
import type { Session } from '../store/api/verification.ts'

/**
 * The sessions that this package has set on each request, by property: the middleware may run more than once per
 * request.
 */
const HELD = new WeakMap<IncomingMessage, Map<string, { session: Session | null }>>()

/**
 * Sets a property of a request to a session or null. Throws `SESSION_CONFLICT` if another middleware uses the
 * property. A middleware that takes the property later fails immediately. Otherwise an application could read the
 * session of the other middleware and let any client in, and the other middleware would hang at the end of the
 * response.
 */
export function putSession(request: IncomingMessage, property: string, session: Session | null): void {
  const held = HELD.get(request) ?? new Map<string, { session: Session | null }>()
  const own = held.get(property)
  if (own !== undefined) {
    own.session = session
    return
  }
  requireFree(request, property)
  const holder = { session }
  HELD.set(request, held.set(property, holder))
  Object.defineProperty(request, property, {
    enumerable: true,
    // A middleware that redefines the property, as cookie-session does, also fails.
    configurable: false,
    get: () => holder.session,
    set(value: unknown) {
      if (!isSession(value)) throw conflict(property)
      holder.session = value
    },
  })
}

/** The session that {@link putSession} set on a request. */
export function readSession(request: IncomingMessage, property: string): Session | null {
  return HELD.get(request)?.get(property)?.session ?? null
}

/** Throws `SESSION_CONFLICT` if another middleware has set that property. Its getter is not called. */
export function requireFree(request: IncomingMessage, property: string): void {
  if (property in request && HELD.get(request)?.has(property) !== true) throw conflict(property)
}

/** Whether the value is null or a session of this package, which an application may set after a login. */
function isSession(value: unknown): value is Session | null {
  if (value === null) return true
  return (
    typeof value === 'object' &&
    ['id', 'subject', 'expiresAtMs'].every((name) => Object.hasOwn(value, name)) &&
    !('cookie' in value)
  )
}

const conflict = (property: string) =>
  new SessionConflictError(
    `Another middleware, such as express-session, uses \`request.${property}\` too. ` +
      "Remove it, or give `sessions()` a property of its own, such as `property: 'login'`.",
  )
