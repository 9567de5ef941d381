import type { FastifyReply } from 'fastify'
import type { Problem } from '../http/problems.ts'

/** An OAuth error: RFC 6749, section 5.2. */
export interface OAuthProblem {
  status: number
  error:
    | 'invalid_request'
    | 'invalid_client'
    | 'unauthorized_client'
    | 'temporarily_unavailable'
    | 'server_error'
  description: string
  headers?: Readonly<Record<string, string>>
}

export const invalidRequest = (description: string): OAuthProblem => ({
  status: 400,
  error: 'invalid_request',
  description,
})

/** The same for an unknown client and a wrong secret. */
export const invalidClient: OAuthProblem = {
  status: 401,
  error: 'invalid_client',
  description: 'The client is unknown, or its secret is wrong.',
  headers: { 'www-authenticate': 'Basic realm="holdfast", charset="UTF-8"' },
}

export const unauthorizedClient: OAuthProblem = {
  status: 400,
  error: 'unauthorized_client',
  description: 'This client does not have this right; see `may` in the configuration.',
}

export function sendOAuthProblem(reply: FastifyReply, problem: OAuthProblem): FastifyReply {
  const { status, error, description, headers = {} } = problem
  return reply.code(status).headers(headers).send({ error, error_description: description })
}

/** A gateway problem as an OAuth error. 503 means that nothing is known or done yet: RFC 7009, section 2.2.1. */
export function oauthProblem({ status, message, headers }: Problem): OAuthProblem {
  const error = status < 500 ? 'invalid_request' : status === 503 ? 'temporarily_unavailable' : 'server_error'
  return { status, error, description: message, ...(headers && { headers }) }
}
