import type { Active, IdleExtender, TokenStore, Verification } from '@holdfast/tokens'
import type { FastifyRequest } from 'fastify'
import type { SessionCookie } from '../http/cookies.ts'
import { readCredential, type TokenSource } from '../http/credential.ts'

/** What is known about the session of a request; `none` when it brought no token. */
export type CheckedSession = Verification | { status: 'none' }

export type CheckSession = (request: FastifyRequest) => Promise<CheckedSession>

export type CheckToken = (token: string) => Promise<Verification>

/** The session of a request when it can be told at once that it is good; null when it must be checked. */
export type CheckSessionNow = (request: TokenSource) => Active | null

/** Verifies tokens, and extends their sessions in the background when that is due: who brings one is using it. */
export function createTokenChecker(options: {
  store: TokenStore
  idle: IdleExtender
  signal: AbortSignal
  onUnavailable: (cause: string) => void
}): CheckToken {
  const { store, idle, signal, onUnavailable } = options
  return async (token) => {
    const checked = await store.verify(token, { signal })
    if (checked.status === 'active') idle.extendWhenDue(token, checked)
    if (checked.status === 'unavailable') onUnavailable(checked.cause)
    return checked
  }
}

/** Nothing to ask about; made once. */
const NONE = Promise.resolve({ status: 'none' } as const)

/** As the session checker, of what this process may tell from its own knowledge. */
export function createInstantChecker(
  { store, idle }: { store: TokenStore; idle: IdleExtender },
  cookie: SessionCookie,
): CheckSessionNow {
  return (request) => {
    const credential = readCredential(request, cookie)
    if (credential === null) return null
    const session = store.verifyNow(credential.token)
    if (session !== null) idle.extendWhenDue(credential.token, session)
    return session
  }
}

/** Verifies the token of a request. */
export function createSessionChecker(checkToken: CheckToken, cookie: SessionCookie): CheckSession {
  return (request) => {
    const credential = readCredential(request, cookie)
    return credential ? checkToken(credential.token) : NONE
  }
}
