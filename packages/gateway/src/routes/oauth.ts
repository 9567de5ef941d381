import { tokenId } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { OAuthClient } from '../config/clients.ts'
import { problemOf, storeUnavailable } from '../http/problems.ts'
import { createClientAuthentication } from '../oauth/clients.ts'
import { introspectionOf } from '../oauth/introspection.ts'
import { serverMetadata } from '../oauth/metadata.ts'
import { oauthProblem, sendOAuthProblem } from '../oauth/problems.ts'
import { readTokenRequest } from '../oauth/token-request.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from './services.ts'

const FORM = ['application/x-www-form-urlencoded']
const tokenForm = z.object({ token: z.string(), token_type_hint: z.string().optional() })

const introspection = describeRoute({
  summary: 'Whose token it is (RFC 7662).',
  description: 'Clients name themselves by HTTP Basic or in the form.',
  body: { schema: tokenForm, types: FORM },
  answers: {
    200: { text: 'What is known, or `{"active": false}`.', body: z.looseObject({ active: z.boolean() }) },
    400: { text: 'The form is not one.' },
    401: { text: 'The client is not known by that secret.' },
    503: { text: 'It cannot be known now.' },
  },
})

const revocation = describeRoute({
  summary: 'Ends the session of a token (RFC 7009).',
  description: 'Clients name themselves by HTTP Basic or in the form.',
  body: { schema: tokenForm, types: FORM },
  answers: {
    200: { text: 'Acknowledged, also for a token that is none.' },
    400: { text: 'The form is not one.' },
    401: { text: 'The client is not known by that secret.' },
    503: { text: 'Not acknowledged: try again.' },
  },
})

const metadata = describeRoute({
  summary: 'Which of these there are (RFC 8414).',
  answers: { 200: { text: 'The metadata.', body: z.looseObject({ issuer: z.string() }) } },
})

export interface OAuthSettings {
  issuer: string | undefined
  /** Those that are known now. */
  clients: () => readonly OAuthClient[]
}

/**
 * For other programs, which name themselves by a secret of theirs:
 *
 * `POST /introspect` (RFC 7662): whose token it is, or `{"active": false}`; 503 when it cannot be known.
 *
 * `POST /revoke` (RFC 7009): 200 once the store has acknowledged the end, also for a token that is none.
 *
 * `GET /.well-known/oauth-authorization-server` (RFC 8414), when the configuration tells the gateway its own address.
 */
export function oauthRoutes(
  app: FastifyInstance,
  services: Services,
  { issuer, clients }: OAuthSettings,
): void {
  const authenticate = createClientAuthentication(clients)

  app.register(async (scope) => {
    // Both RFCs take forms only.
    scope.removeContentTypeParser('application/json')
    const answerProblem = app.errorHandler
    scope.setErrorHandler((error, request, reply) => {
      const problem = problemOf(error)
      // The common handler logs it.
      if (problem.status === 500) return answerProblem(error, request, reply)
      return sendOAuthProblem(reply, oauthProblem(problem))
    })

    scope.post('/introspect', introspection, async (request, reply) => {
      const asked = readTokenRequest(request, authenticate, 'introspect')
      if ('problem' in asked) return sendOAuthProblem(reply, asked.problem)
      // Before the question is answered: a log-out that this answer does not know is no older than that lease.
      const { leaseRemainingMs } = services.store.status()
      const checked = await services.checkToken(asked.token)
      if (checked.status === 'unavailable') {
        return sendOAuthProblem(reply, oauthProblem(storeUnavailable))
      }
      return reply.send(introspectionOf(checked, { issuer, leaseRemainingMs }))
    })

    scope.post('/revoke', revocation, async (request, reply) => {
      const asked = readTokenRequest(request, authenticate, 'revoke')
      if ('problem' in asked) return sendOAuthProblem(reply, asked.problem)
      await revoke(services, asked.client, asked.token, request.ip)
      return reply.send()
    })
  })

  if (issuer !== undefined) {
    app.get('/.well-known/oauth-authorization-server', metadata, async () => serverMetadata(issuer))
  }
}

/** Throws what the store throws, after it was written down that the session may have ended. */
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
