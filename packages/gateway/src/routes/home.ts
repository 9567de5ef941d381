import type { FastifyInstance } from 'fastify'
import { sendPage, sendProblem } from '../http/answer.ts'
import { storeUnavailable } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import { isLeftOpen, leftOpenPage } from '../pages/left-open.ts'
import { loginPage } from '../pages/login.ts'
import { whoamiPage } from '../pages/whoami.ts'
import type { Services } from '../services/services.ts'

const description = describeRoute({
  summary: 'Get the start page: the login form, or who is logged in',
  answers: { 200: { text: 'A page.', type: 'text/html' } },
})

/** `GET /`: the login form, or who is logged in and which server answered. */
export function homeRoute(app: FastifyInstance, services: Services): void {
  const { server, store, checkSession, loginWays, sessions, passwordChange } = services
  const remember = sessions.rememberMs !== undefined
  app.get('/', description, async (request, reply) => {
    if (isLeftOpen(request.query)) return sendPage(reply, leftOpenPage(server))
    const checked = await checkSession(request)
    if (checked.status === 'unavailable') return sendProblem(request, reply, storeUnavailable)
    if (checked.status !== 'active') {
      return sendPage(reply, loginPage({ server, ways: loginWays, returnTo: '/', remember }))
    }
    const canChangePassword = (await passwordChange?.isOfferedTo(checked.subject)) === true
    return sendPage(reply, whoamiPage({ server, session: checked, nowMs: store.nowMs(), canChangePassword }))
  })
}
