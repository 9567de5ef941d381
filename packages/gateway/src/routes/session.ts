import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendProblem } from '../http/answer.ts'
import { headerText } from '../http/headers.ts'
import { invalidToken, noToken, type Problem, storeUnavailable } from '../http/problems.ts'
import type { CheckedSession } from '../sessions/checker.ts'
import { sessionView } from '../sessions/view.ts'
import type { Services } from './services.ts'

/**
 * `GET /session` says whose session the request's token is.
 *
 * `GET` and `HEAD /verify` are for a proxy that asks before it lets a request through (nginx `auth_request`,
 * Traefik ForwardAuth, HAProxy): 200 with `X-Auth-Request-User`, 401, or 503 when it cannot be known. None of
 * them ever touches the cookie.
 */
export function sessionRoutes(app: FastifyInstance, services: Services): void {
  const { server, checkSession } = services

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const checked = await checkSession(request)
    if (checked.status !== 'active') return sendProblem(request, reply, sessionProblem(checked))
    return reply.header('x-auth-request-user', headerText(checked.subject)).send(sessionView(checked, server))
  }

  app.get('/session', answer)
  app.get('/verify', answer)
}

function sessionProblem(checked: Exclude<CheckedSession, { status: 'active' }>): Problem {
  switch (checked.status) {
    case 'none':
      return noToken
    case 'inactive':
      return invalidToken(checked.reason)
    case 'unavailable':
      return storeUnavailable
  }
}
