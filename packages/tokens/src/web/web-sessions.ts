import {
  CrossSiteError,
  StoreClosedError,
  StoreFullError,
  StoreOverloadedError,
  StoreUnavailableError,
  UpdateConflictError,
} from '../errors.ts'
import { createIdleExtender } from '../idle.ts'
import { checkLifetime } from '../store/api/limits.ts'
import type { Inactive, InactiveReason, Session, Verification } from '../store/api/verification.ts'
import type { IssuedToken, IssueRequest, TokenStore } from '../store/session/token-store.ts'
import { type Credential, readCookie, readCredential } from './credential.ts'
import { isCrossSite } from './cross-site.ts'
import type { RequestHeaders, WebRequest } from './headers.ts'
import {
  INVALID_TOKEN,
  NO_TOKEN,
  type Refusal,
  SessionUnavailableError,
  toResponse,
  UNAVAILABLE,
} from './refusals.ts'
import { createSessionCookie, type SessionCookie, type SessionCookieOptions } from './session-cookie.ts'

export interface WebSessionsOptions extends SessionCookieOptions {
  store: TokenStore
  /**
   * Origins such as `https://app.example.org` whose pages may log in and out, besides pages of the host of the request.
   * Needed if a proxy changes the host.
   */
  origins?: readonly string[]
  /**
   * The idle lifetime that a session in use is extended to (in milliseconds). Set it to the `idleMs` of the store.
   * Default is 1,800,000, as in the store.
   */
  idleMs?: number
  /** Called with the reason if a request receives a 503: one sentence, without a secret. */
  onUnavailable?: (cause: string) => void
  /** Called with the reason if a session could not be extended. A later request tries again. */
  onNotExtended?: (error: unknown) => void
}

/** The state of the token of a request. */
export type Authentication =
  | ({ status: 'active'; session: Session } & Credential)
  /** The request has no token. */
  | { status: 'none' }
  | { status: 'inactive'; reason: InactiveReason }
  /** Not a logout: answer 503 and keep the cookie. `cause` is for a log, because it names hosts. */
  | { status: 'unavailable'; cause: string }

export interface LoginRequest extends IssueRequest {
  /** Whether the cookie outlives the browser, until the absolute end of the session. Default is false. */
  remember?: boolean
}

export interface Login {
  session: Session
  /** The secret. A page does not need it: the cookie contains it. */
  token: string
  /** The value of the header `Set-Cookie`. */
  setCookie: string
}

export interface Logout {
  /** Whether this call ended a live session. */
  revoked: boolean
  /** The value of the header `Set-Cookie`; null if the request has no cookie, or a bearer token too. */
  setCookie: string | null
}

/** The session of a request under its new token. `setCookie` is null if the old one was a bearer token. */
export type Rotated = { status: 'active' } & Omit<Login, 'setCookie'> & Pick<Logout, 'setCookie'>

/** Logs users in and out of one application, by the cookie or the bearer token of their requests. */
export interface WebSessions {
  readonly cookie: SessionCookie

  /**
   * Verifies the token of a request, and extends a session in use in the background, so that it does not expire as
   * idle. Never changes the cookie.
   */
  authenticate(headers: RequestHeaders): Promise<Authentication>

  /**
   * Starts a session, then ends that of the cookie that the new one replaces: a login never continues under a token that
   * was known before it (session fixation). If that end is not acknowledged, the login fails, and the new token, which
   * no client has seen, expires. Throws `CROSS_SITE`, `STORE_UNAVAILABLE` and, for a request out of bounds,
   * `INVALID_OPTION`.
   */
  login(request: WebRequest, login: LoginRequest): Promise<Login>

  /**
   * Ends the session of a request. Without one, or again, this is not an error. Throws `STORE_UNAVAILABLE` if the end is
   * not acknowledged: then keep the cookie, because the session may be live. Throws `CROSS_SITE`.
   */
  logout(request: WebRequest): Promise<Logout>

  /**
   * Gives the session of a request a new token, for instance after its rights have changed. Answers `none` or `inactive`
   * if there is no session to continue. Throws as `logout`.
   */
  rotate(
    request: WebRequest,
    options?: { remember?: boolean },
  ): Promise<Rotated | Inactive | { status: 'none' }>

  /** The 503 for `unavailable`, with `Retry-After`: it names no host and leaves the cookie alone. */
  unavailable(): Response

  /** Throws `CROSS_SITE` if a page of another site sent the request: see {@link isCrossSite}. */
  requireSameSite(request: WebRequest): void
}

const DEFAULT_IDLE_MS = 30 * 60 * 1000
const CROSS_SITE = 'This request came from a page of another site. It was refused to protect you.'
const NONE = { status: 'none' } as const
/** The store did not acknowledge a write. Any other error is a mistake of the caller, or a bug. */
const NOT_ACKNOWLEDGED = [
  StoreUnavailableError,
  StoreOverloadedError,
  StoreFullError,
  StoreClosedError,
  UpdateConflictError,
]

/** Creates the sessions of a web application over a store. Throws `INVALID_OPTION`. */
export function createWebSessions(options: WebSessionsOptions): WebSessions {
  const { store, origins = [], onUnavailable = () => {}, onNotExtended = () => {} } = options
  const cookie = createSessionCookie(options)
  const idleMs = checkLifetime('idleMs', options.idleMs ?? DEFAULT_IDLE_MS)
  const idle = createIdleExtender({ store, idleMs, onFailure: onNotExtended })

  function requireSameSite(request: WebRequest): void {
    if (isCrossSite(request, origins)) throw new CrossSiteError(CROSS_SITE)
  }

  async function acknowledged<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!NOT_ACKNOWLEDGED.some((type) => error instanceof type)) throw error
      onUnavailable((error as Error).message)
      throw new SessionUnavailableError(error)
    }
  }

  function unavailableBecause(cause: string): Authentication {
    onUnavailable(cause)
    return { status: 'unavailable', cause }
  }

  function started(issued: IssuedToken, remember: boolean): Login {
    const lifetimeMs = remember ? issued.expiresAtMs - issued.issuedAtMs : undefined
    return {
      session: sessionOf(issued),
      token: issued.token,
      setCookie: cookie.set(issued.token, lifetimeMs),
    }
  }

  return {
    cookie,

    async authenticate(headers) {
      const credential = readCredential(headers, cookie.name)
      if (credential === null) return NONE
      let verified: Verification
      try {
        verified = await store.verify(credential.token)
      } catch (error) {
        // A closed store cannot answer, because this server is shutting down. That is not a logout.
        if (error instanceof StoreClosedError) return unavailableBecause(error.message)
        throw error
      }
      if (verified.status === 'unavailable') return unavailableBecause(verified.cause)
      if (verified.status === 'inactive') return { status: 'inactive', reason: verified.reason }
      const session = sessionOf(verified)
      idle.extendWhenDue(credential.token, session)
      return { status: 'active', session, ...credential }
    },

    login(request, { remember = false, ...issue }) {
      return acknowledged(async () => {
        requireSameSite(request)
        const replaced = readCookie(request.headers, cookie.name)
        const issued = await store.issue(issue)
        if (replaced !== null) await store.revoke(replaced)
        return started(issued, remember)
      })
    },

    logout(request) {
      return acknowledged(async () => {
        const credential = readCredential(request.headers, cookie.name)
        if (credential?.from !== 'bearer') requireSameSite(request)
        if (credential === null) return { revoked: false, setCookie: null }
        const { revoked } = await store.revoke(credential.token)
        return { revoked, setCookie: credential.from === 'cookie' ? cookie.clear() : null }
      })
    },

    rotate(request, { remember = false } = {}) {
      return acknowledged(async () => {
        const credential = readCredential(request.headers, cookie.name)
        if (credential?.from !== 'bearer') requireSameSite(request)
        if (credential === null) return NONE
        const rotated = await store.rotate(credential.token)
        if (rotated.status !== 'active') return rotated
        const login = started(rotated, remember)
        return {
          status: 'active',
          ...login,
          setCookie: credential.from === 'cookie' ? login.setCookie : null,
        }
      })
    },

    unavailable: () => toResponse(UNAVAILABLE),
    requireSameSite,
  }
}

/** Why a request may not pass without a session; null if it may. */
export function refusalOf(authentication: Authentication, required: boolean): Refusal | null {
  if (authentication.status === 'unavailable') return UNAVAILABLE
  if (!required || authentication.status === 'active') return null
  return authentication.status === 'none' ? NO_TOKEN : INVALID_TOKEN
}

/** Copies field by field: copying all fields but one takes ten times as long. */
function sessionOf({ id, subject, claims, issuedAtMs, idleUntilMs, expiresAtMs }: Session): Session {
  return { id, subject, claims, issuedAtMs, idleUntilMs, expiresAtMs }
}
