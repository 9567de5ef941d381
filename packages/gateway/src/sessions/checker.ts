import type { Active, IdleExtender, TokenStore, Verification } from '@holdfast/tokens'
import { readCredential } from '@holdfast/tokens/web'
import type { FastifyRequest } from 'fastify'
import type { SessionCookie } from '../http/credential.ts'
import { isMeantFor } from './audience.ts'

/** The session of a request; `none` when it contains no token. */
export type CheckedSession = Verification | WrongAudience | { status: 'none' }

export type CheckSession = (request: FastifyRequest) => Promise<CheckedSession>

/** `client` is the id of the client that asks, and null for the gateway itself. */
export type CheckToken = (token: string, client: string | null) => Promise<Verification | WrongAudience>

/** The token is valid, but only for other clients. */
export interface WrongAudience {
  status: 'inactive'
  reason: 'wrong-audience'
}

/** The session of a request if the cache knows it to be active; null when it must be verified. */
export type CheckCachedSession = (request: Pick<FastifyRequest, 'headers'>) => Active | null

/**
 * Verifies tokens and their audience, and extends their sessions in the background when due: a client that sends a token is
 * using it.
 */
export function createTokenChecker(options: {
  store: TokenStore
  idle: IdleExtender
  signal: AbortSignal
  onUnavailable: (cause: string) => void
}): CheckToken {
  const { store, idle, signal, onUnavailable } = options
  return async (token, client) => {
    const checked = await store.verify(token, { signal })
    if (checked.status === 'active') {
      if (!isMeantFor(checked.claims, client)) return WRONG_AUDIENCE
      idle.extendWhenDue(token, checked)
    }
    if (checked.status === 'unavailable') onUnavailable(checked.cause)
    return checked
  }
}

const WRONG_AUDIENCE = { status: 'inactive', reason: 'wrong-audience' } as const

/** The result for a request without a token; allocated once. */
const NONE = Promise.resolve({ status: 'none' } as const)

/** Like the session checker, but answers only from the cache of this process. */
export function createCachedChecker(
  { store, idle }: { store: TokenStore; idle: IdleExtender },
  cookie: SessionCookie,
): CheckCachedSession {
  return (request) => {
    const credential = readCredential(request.headers, cookie.name)
    if (credential === null) return null
    const session = store.verifyNow(credential.token)
    if (session !== null && !isMeantFor(session.claims, null)) return null
    if (session !== null) idle.extendWhenDue(credential.token, session)
    return session
  }
}

/** Verifies the token of a request. */
export function createSessionChecker(checkToken: CheckToken, cookie: SessionCookie): CheckSession {
  return (request) => {
    const credential = readCredential(request.headers, cookie.name)
    return credential ? checkToken(credential.token, null) : NONE
  }
}
