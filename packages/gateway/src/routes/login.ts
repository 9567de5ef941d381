import type { IssuedToken } from '@holdfast/tokens'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { sendProblem } from '../http/answer.ts'
import { readCredential } from '../http/credential.ts'
import { isCrossSite } from '../http/origin.ts'
import { crossSite, invalidCredentials, invalidRequest, tooBusy } from '../http/problems.ts'
import { loginPage } from '../pages/login.ts'
import { sessionView } from '../sessions/view.ts'
import { MAX_PASSWORD_LENGTH } from '../users/passwords.ts'
import type { Services } from './services.ts'

const loginSchema = z.object({
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
})

const badLogin = invalidRequest(
  'A login needs the fields `username` (1 to 256 characters) and `password` (1 to 1024), both text.',
)

/**
 * `POST /login`, JSON or a form, with `username` and `password`. Both set the cookie; a form is sent on to
 * `/`, JSON is answered with the session and its `token`, for use as a bearer.
 */
export function loginRoute(app: FastifyInstance, services: Services): void {
  const { server, authenticate, audit, cookie } = services

  app.post('/login', async (request, reply) => {
    if (isCrossSite(request.headers)) return sendProblem(request, reply, crossSite)
    const login = loginSchema.safeParse(request.body)
    if (!login.success) return sendProblem(request, reply, badLogin)
    const { username, password } = login.data
    const remote = request.ip

    const outcome = await authenticate(username, password)
    if (outcome.status === 'busy') return sendProblem(request, reply, tooBusy)
    if (outcome.status === 'refused') {
      const subject = 'subject' in outcome ? outcome.subject : null
      audit.loginRefused({ subject, reason: outcome.reason, remote })
      const page = loginPage({ server, username, message: invalidCredentials.message })
      return sendProblem(request, reply, invalidCredentials, page)
    }

    const issued = await startSession(request, services, outcome.subject)
    audit.loggedIn({ subject: issued.subject, session: issued.id, remote })
    cookie.set(reply, issued.token)
    return isForm(request) ? reply.redirect('/', 303) : answerJson(reply, issued, server)
  })
}

/**
 * Starts the new session, then ends the one that the request came with: a login never goes on under a token
 * that was known before it. When that end is not acknowledged the login fails as a whole, and the new token,
 * which nobody has seen, ends idle.
 */
async function startSession(
  request: FastifyRequest,
  services: Services,
  subject: string,
): Promise<IssuedToken> {
  const { store, cookie, audit, lifecycle } = services
  const options = { signal: lifecycle.giveUp }
  const before = readCredential(request, cookie)
  const issued = await store.issue({ subject }, options)
  if (before) {
    const { revoked, id } = await store.revoke(before.token, options)
    if (revoked) audit.loggedOut({ session: id ?? null, revoked, why: 'new-login', remote: request.ip })
  }
  return issued
}

function answerJson(reply: FastifyReply, issued: IssuedToken, server: string): FastifyReply {
  return reply.send({ token: issued.token, ...sessionView(issued, server) })
}

function isForm(request: FastifyRequest): boolean {
  return request.mediaType === 'application/x-www-form-urlencoded'
}
