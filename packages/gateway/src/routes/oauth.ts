import { tokenId } from '@holdfast/tokens'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { OAuthClient } from '../config/clients.ts'
import { clientAddress } from '../http/client-address.ts'
import { problemOf, storeUnavailable } from '../http/problems.ts'
import { createClientAuthentication } from '../oauth/clients.ts'
import { introspectionOf } from '../oauth/introspection.ts'
import { oauthProblem, sendOAuthProblem } from '../oauth/problems.ts'
import { readTokenRequest } from '../oauth/token-request.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from '../services/services.ts'

const FORM = ['application/x-www-form-urlencoded']
const tokenForm = z.object({ token: z.string(), token_type_hint: z.string().optional() })

const introspection = describeRoute({
  summary: 'Introspect a token (RFC 7662)',
  description: 'Clients authenticate with HTTP Basic or in the form.',
  body: { schema: tokenForm, types: FORM },
  answers: {
    200: { text: 'The session, or `{"active": false}`.', body: z.looseObject({ active: z.boolean() }) },
    400: { text: 'The form is not valid.' },
    401: { text: 'The client is unknown, or its secret is wrong.' },
    503: { text: 'The token cannot be verified now. Try again.' },
  },
})

const revocation = describeRoute({
  summary: 'Revoke a token: end its session (RFC 7009)',
  description: 'Clients authenticate with HTTP Basic or in the form.',
  body: { schema: tokenForm, types: FORM },
  answers: {
    200: { text: 'The store has acknowledged it. Also for a token that is not valid.' },
    400: { text: 'The form is not valid.' },
    401: { text: 'The client is unknown, or its secret is wrong.' },
    503: { text: 'Not acknowledged. Try again.' },
  },
})

const metadata = describeRoute({
  summary: 'Get the metadata of these endpoints (RFC 8414)',
  answers: { 200: { text: 'The metadata.', body: z.looseObject({ issuer: z.string() }) } },
})

export interface OAuthSettings {
  issuer: string | undefined
  /** The current clients. */
  clients: () => readonly OAuthClient[]
}

/**
 * For other programs, which authenticate with a client secret:
 *
 * `POST /introspect` (RFC 7662): the session of a token, or `{"active": false}`; 503 when it cannot be verified.
 *
 * `POST /revoke` (RFC 7009): 200 once the store has acknowledged the end, also for a token that is not valid.
 *
 * `GET /.well-known/oauth-authorization-server` (RFC 8414), when the configuration has an `issuer`.
 */
export function oauthRoutes(
  app: FastifyInstance,
  services: Services,
  { issuer, clients }: OAuthSettings,
): void {
  const authenticate = createClientAuthentication(clients)

  function readRequest(request: FastifyRequest, right: OAuthClient['may'][number]) {
    const asked = readTokenRequest(request, authenticate, right)
    if ('problem' in asked && asked.refused !== undefined) {
      const [by, remote] = [asked.refused, clientAddress(request)]
      services.audit.recordBounded(`${by} ${remote}`, { event: 'client-refused', by, remote })
    }
    return asked
  }

  app.register(async (scope) => {
    // Both RFCs allow only forms.
    scope.removeContentTypeParser('application/json')
    const answerProblem = app.errorHandler
    scope.setErrorHandler((error, request, reply) => {
      const problem = problemOf(error)
      // The common handler logs it.
      if (problem.status === 500) return answerProblem(error, request, reply)
      return sendOAuthProblem(reply, oauthProblem(problem))
    })

    scope.post('/introspect', introspection, async (request, reply) => {
      const asked = readRequest(request, 'introspect')
      if ('problem' in asked) return sendOAuthProblem(reply, asked.problem)
      // Read before the token is verified: a logout that this answer misses is then not older than that lease.
      const { leaseRemainingMs } = services.store.status()
      const checked = await services.checkToken(asked.token, asked.client.id)
      if (checked.status === 'unavailable') {
        return sendOAuthProblem(reply, oauthProblem(storeUnavailable))
      }
      return reply.send(introspectionOf(checked, { issuer, leaseRemainingMs }))
    })

    scope.post('/revoke', revocation, async (request, reply) => {
      const asked = readRequest(request, 'revoke')
      if ('problem' in asked) return sendOAuthProblem(reply, asked.problem)
      await revoke(services, asked.client, asked.token, request.ip)
      return reply.send()
    })
  })

  if (issuer !== undefined) {
    app.get('/.well-known/oauth-authorization-server', metadata, async () => serverMetadata(issuer))
  }
}

/** Throws what the store throws, after recording that the session may have ended. */
async function revoke(
  { store, audit, lifecycle }: Services,
  { id: by }: OAuthClient,
  token: string,
  remote: string,
): Promise<void> {
  const entry = { event: 'revocation', by, via: 'client', subject: null, remote } as const
  try {
    const { revoked, id } = await store.revoke(token, { signal: lifecycle.giveUp })
    if (revoked && id !== undefined) audit.record({ ...entry, sessions: [id], outcome: 'ended' })
  } catch (error) {
    const id = tokenId(token)
    audit.record({ ...entry, sessions: id === null ? [] : [id], outcome: 'unknown' })
    throw error
  }
}

const AUTHENTICATION = ['client_secret_basic', 'client_secret_post']

/**
 * The server's metadata: RFC 8414, section 2. It has no authorization endpoint and no token endpoint, because users log in
 * with a password. `response_types_supported` is required nevertheless, and a list must not be empty (section 3.2):
 * `none` is the type that returns nothing.
 */
function serverMetadata(issuer: string): Record<string, unknown> {
  return {
    issuer,
    response_types_supported: ['none'],
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: AUTHENTICATION,
    revocation_endpoint: `${issuer}/revoke`,
    revocation_endpoint_auth_methods_supported: AUTHENTICATION,
  }
}
