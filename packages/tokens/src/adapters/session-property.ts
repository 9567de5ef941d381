import type { IncomingMessage } from 'node:http'
import { SessionConflictError } from '../errors.ts'
import type { Session } from '../store/verification.ts'

/** What this package has put on each request, by property: the middleware may run more than once for one request. */
const HELD = new WeakMap<IncomingMessage, Map<string, { session: Session | null }>>()

/**
 * Puts a session, or null, on a property of a request. Throws `SESSION_CONFLICT` where another middleware has the property, and
 * makes a later one that takes it fail at once: an application that reads the other's session would let anyone in, and the
 * other one would hang when it ends the response.
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
    // Another one that defines the property, as cookie-session does, fails too.
    configurable: false,
    get: () => holder.session,
    set(value: unknown) {
      if (!isSession(value)) throw conflict(property)
      holder.session = value
    },
  })
}

/** Throws `SESSION_CONFLICT` where another middleware has put something on that property. Its getter is not called. */
export function requireFree(request: IncomingMessage, property: string): void {
  if (property in request && HELD.get(request)?.has(property) !== true) throw conflict(property)
}

/** A session of this package, as an application may set it after a login, or none. */
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
