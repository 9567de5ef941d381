import type { IdleExtender, TokenStore, Verification } from '@holdfast/tokens'
import type { FastifyRequest } from 'fastify'
import type { SessionCookie } from '../http/cookies.ts'
import { readCredential } from '../http/credential.ts'

/** What is known about the session of a request; `none` when it brought no token. */
export type CheckedSession = Verification | { status: 'none' }

export type CheckSession = (request: FastifyRequest) => Promise<CheckedSession>

/** Verifies the token of a request, and extends its session in the background when that is due. */
export function createSessionChecker(options: {
  store: TokenStore
  cookie: SessionCookie
  idle: IdleExtender
  signal: AbortSignal
  onUnavailable: (cause: string) => void
}): CheckSession {
  const { store, cookie, idle, signal, onUnavailable } = options
  return async (request) => {
    const credential = readCredential(request, cookie)
    if (!credential) return { status: 'none' }
    const checked = await store.verify(credential.token, { signal })
    if (checked.status === 'active') idle.extendWhenDue(credential.token, checked)
    if (checked.status === 'unavailable') onUnavailable(checked.cause)
    return checked
  }
}
