import type { FastifyInstance } from 'fastify'
import { sendProblem } from '../http/answer.ts'
import { headerText } from '../http/headers.ts'
import { sessionProblem, storeUnavailable } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import { stepUpPage } from '../pages/step-up.ts'
import { maxAgeOf, stepUpProblem } from '../sessions/step-up.ts'
import { sessionSchema, sessionView } from '../sessions/view.ts'
import type { Services } from './services.ts'

const describeSession = (summary: string) =>
  describeRoute({
    summary,
    credentials: 'token',
    answers: {
      200: { text: 'The session.', body: sessionSchema },
      401: { text: 'No token, or one that is not good (any more).' },
      503: { text: 'It cannot be known now. Nobody was logged out.' },
    },
  })

/**
 * `GET /session` says whose session the request's token is. It never touches the cookie.
 *
 * With `?max_age=300` a session whose login is longer ago than so many seconds gets 401 with the challenge of RFC 9470,
 * and a person the login form.
 */
export function sessionRoutes(app: FastifyInstance, services: Services): void {
  const { server, checkSession, sessions, loginWays, store } = services
  const form = { server, ways: loginWays, returnTo: '/', remember: sessions.rememberMs !== undefined }

  app.get('/session', describeSession('Whose session the token is.'), async (request, reply) => {
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
