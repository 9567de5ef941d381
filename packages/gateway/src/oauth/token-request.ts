import type { FastifyRequest } from 'fastify'
import type { OAuthClient } from '../config/clients.ts'
import type { AuthenticateClient } from './clients.ts'
import { readClientCredentials } from './credentials.ts'
import { invalidClient, invalidRequest, type OAuthProblem, unauthorizedClient } from './problems.ts'

/** An authenticated client's request about a token, or the problem with it. */
type TokenRequest =
  | { client: OAuthClient; token: string }
  /** `refused` is the client that does not have the right, or null for missing or wrong credentials. */
  | { problem: OAuthProblem; refused?: string | null }

/**
 * Reads the common part of `/introspect` and `/revoke`: the client and the token. The client is checked first (RFC 7009,
 * section 2.1): an unknown client learns nothing else. `token_type_hint` is ignored, because there is only one type of
 * token.
 */
export function readTokenRequest(
  { body, headers }: FastifyRequest,
  authenticate: AuthenticateClient,
  right: OAuthClient['may'][number],
): TokenRequest {
  const form = formOf(body)
  if (form === null) return { problem: invalidRequest('Each parameter may appear only once.') }
  const presented = readClientCredentials(headers.authorization, form)
  if (presented === 'twice') {
    return { problem: invalidRequest('The client authenticates in two ways; only one is allowed.') }
  }
  const client = presented === 'none' ? null : authenticate(presented)
  if (client === null) return { problem: invalidClient, refused: null }
  if (!client.may.includes(right)) return { problem: unauthorizedClient, refused: client.id }
  const token = form.get('token')
  return token === undefined
    ? { problem: invalidRequest('The parameter `token` is missing from the form.') }
    : { client, token }
}

/**
 * RFC 6749, section 3.2: no parameter appears twice, and an empty one counts as missing. Null when one appears twice.
 */
function formOf(body: unknown): Map<string, string> | null {
  const form = new Map<string, string>()
  for (const [name, value] of Object.entries(body ?? {})) {
    if (typeof value !== 'string') return null
    if (value !== '') form.set(name, value)
  }
  return form
}
