export { CrossSiteError } from '../errors.ts'
export type { Session } from '../store/api/verification.ts'
export { type Credential, readCredential } from './credential.ts'
export { isCrossSite } from './cross-site.ts'
export type { RequestHeaders, WebRequest } from './headers.ts'
export { type Refusal, SessionUnavailableError, toResponse } from './refusals.ts'
export { createSessionCookie, type SessionCookie, type SessionCookieOptions } from './session-cookie.ts'
export {
  type Authentication,
  createWebSessions,
  type Login,
  type LoginRequest,
  type Logout,
  type Rotated,
  type WebSessions,
  type WebSessionsOptions,
} from './web-sessions.ts'
