import type { FastifyRequest } from 'fastify'
import type { OAuthClient } from '../config/clients.ts'
import type { AuthenticateClient } from './clients.ts'
import { readClientCredentials } from './credentials.ts'
import { invalidClient, invalidRequest, type OAuthProblem, unauthorizedClient } from './problems.ts'

/** A request of a known client about a token, or why it is none. */
type TokenRequest = { client: OAuthClient; token: string } | { problem: OAuthProblem }

/**
 * Reads what `/introspect` and `/revoke` have in common: who asks, and about which token. The client comes first (RFC
 * 7009, section 2.1): to a stranger nothing is said about anything else. `token_type_hint` is of no use here: there is
 * one type of token.
 */
export function readTokenRequest(
  { body, headers }: FastifyRequest,
  authenticate: AuthenticateClient,
  right: OAuthClient['may'][number],
): TokenRequest {
  const form = formOf(body)
  if (form === null) return { problem: invalidRequest('Each parameter may come once only.') }
  const presented = readClientCredentials(headers.authorization, form)
  if (presented === 'twice') {
    return { problem: invalidRequest('The client authenticates in two ways; one is allowed.') }
  }
  const client = presented === 'none' ? null : authenticate(presented)
  if (client === null) return { problem: invalidClient }
  if (!client.may.includes(right)) return { problem: unauthorizedClient }
  const token = form.get('token')
  return token === undefined
    ? { problem: invalidRequest('The parameter `token` is missing from the form.') }
    : { client, token }
}

/**
 * RFC 6749, section 3.2: no parameter comes twice, and one without a value counts as left out. Null when one does.
 */
function formOf(body: unknown): Map<string, string> | null {
  const form = new Map<string, string>()
  for (const [name, value] of Object.entries(body ?? {})) {
    if (typeof value !== 'string') return null
    if (value !== '') form.set(name, value)
  }
  return form
}
