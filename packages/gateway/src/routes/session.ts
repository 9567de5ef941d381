import type { FastifyInstance } from 'fastify'
import { sendProblem } from '../http/answer.ts'
import { headerText } from '../http/headers.ts'
import { sessionProblem, storeUnavailable } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import { stepUpPage } from '../pages/login.ts'
import type { Services } from '../services/services.ts'
import { maxAgeOf, stepUpProblem } from '../sessions/step-up.ts'
import { sessionSchema, sessionView } from '../sessions/view.ts'

const describeSession = (summary: string) =>
  describeRoute({
    summary,
    credentials: 'token',
    answers: {
      200: { text: 'The session.', body: sessionSchema },
      401: { text: 'The token is missing, or is not valid (any more).' },
      503: { text: 'The session cannot be verified now. The user stays logged in.' },
    },
  })

/**
 * `GET /session` returns the session of the request's token. It never changes the cookie.
 *
 * With `?max_age=300`, a session whose login is older than that many seconds gets 401 with the challenge of RFC 9470, and
 * a person gets the login form.
 */
export function sessionRoutes(app: FastifyInstance, services: Services): void {
  const { server, checkSession, sessions, loginWays, store } = services
  const form = { server, ways: loginWays, returnTo: '/', remember: sessions.rememberMs !== undefined }

  app.get('/session', describeSession('Get the session of the token'), async (request, reply) => {
    const checked = await checkSession(request)
    if (checked.status === 'unavailable') return sendProblem(request, reply, storeUnavailable)
    if (checked.status !== 'active') return sendProblem(request, reply, sessionProblem(checked))
    const problem = stepUpProblem(request.query, checked, store.nowMs())
    if (problem !== null) {
      const maxAge = maxAgeOf(request.query)
      const page = stepUpPage({ ...form, maxAge, message: problem.message }, checked)
      return problem.status === 401
        ? sendProblem(request, reply, problem, page)
        : sendProblem(request, reply, problem)
    }
    return reply.header('x-auth-request-user', headerText(checked.subject)).send(sessionView(checked, server))
  })
}
