import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { loggableError } from '../base/log.ts'
import { sendPage, sendProblem } from '../http/answer.ts'
import {
  invalidRequest,
  noPasswordChange,
  type Problem,
  passwordChangedOnly,
  passwordRejected,
  storeUnavailable,
} from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import { passwordPage } from '../pages/password.ts'
import type { Services } from '../services/services.ts'
import { MAX_PASSWORD_LENGTH } from '../users/passwords.ts'
import { type LogIn, loggedInSchema, loginSchema } from './login.ts'

const changeSchema = loginSchema.omit({ remember: true, audience: true }).extend({
  new_password: z.string().min(1).max(MAX_PASSWORD_LENGTH),
  /** The form sends the new password twice, because the user cannot see it. */
  repeated_password: z.string().max(MAX_PASSWORD_LENGTH).optional(),
})

const pageDescription = describeRoute({
  summary: 'Get the form with which users change their passwords',
  query: z.object({ return_to: z.string().optional().meta({ description: 'Address after the change.' }) }),
  answers: {
    200: { text: 'A page.', type: 'text/html' },
    403: { text: 'This gateway cannot change the password of this user.' },
    503: { text: 'The session cannot be verified now. The user stays logged in.' },
  },
})

const changeDescription = describeRoute({
  summary: 'Change your own password and log in with it',
  description:
    'A login with the old password, which sets a new one. All sessions of the user end, and a new one starts. An initial password must be changed in this way.',
  body: { schema: changeSchema, types: ['application/json', 'application/x-www-form-urlencoded'] },
  answers: {
    200: { text: 'Changed and logged in.', body: loggedInSchema },
    303: { text: 'The same, with a form.' },
    400: { text: 'The new password is not accepted; the message says why.' },
    401: { text: 'The user name or the old password is wrong.' },
    403: { text: 'Another site sent the request, or this gateway cannot change the password.' },
    429: { text: 'Too many attempts; `Retry-After` says how long to wait.' },
    503: {
      text: 'Not decided or not changed; or changed, but other sessions may still be active (`SESSIONS_NOT_ENDED`).',
    },
  },
})

const badChange = invalidRequest(
  'A change needs the text fields `username` (1 to 256 characters), `password` and `new_password` (1 to 1024 each).',
)

/**
 * `GET /password` shows the form with which users of the users file change their passwords. `POST /password` is a login with
 * a `new_password`: the old password is checked within the same limits, the new one replaces it, all sessions of the user
 * end, and a new one starts. With an initial password no other address logs in.
 */
export function passwordRoutes(app: FastifyInstance, services: Services, logIn: LogIn): void {
  const { server, store, passwordChange, audit, checkSession } = services
  const call = { signal: services.lifecycle.giveUp }

  app.get<{ Querystring: { return_to?: unknown } }>('/password', pageDescription, async (request, reply) => {
    const session = await checkSession(request)
    if (session.status === 'unavailable') return sendProblem(request, reply, storeUnavailable)
    const username = session.status === 'active' ? session.subject : ''
    const isOffered = username === '' ? passwordChange?.isPossible() : passwordChange?.isOfferedTo(username)
    if (!(await isOffered)) return sendProblem(request, reply, noPasswordChange)
    const returnTo = services.returnTo(request.query.return_to)
    return sendPage(reply, passwordPage({ server, username, returnTo }))
  })

  app.post('/password', changeDescription, async (request, reply) => {
    const originProblem = services.originProblem(request)
    if (originProblem !== null) return sendProblem(request, reply, originProblem)
    if (passwordChange === null || !(await passwordChange.isPossible()))
      return sendProblem(request, reply, noPasswordChange)
    const asked = changeSchema.safeParse(request.body)
    if (!asked.success) return sendProblem(request, reply, badChange)
    const { username, password, new_password: newPassword, repeated_password: repeated } = asked.data
    const returnTo = services.returnTo(asked.data.return_to)
    const page = (message: string) => passwordPage({ server, username, returnTo, message })
    if (repeated !== undefined && repeated !== newPassword) {
      const differ = passwordRejected('The two new passwords differ.')
      return sendProblem(request, reply, differ, page(differ.message))
    }
    return await logIn(request, reply, {
      username,
      returnTo,
      remember: false,
      bearer: asked.data.response_type === 'token' ? {} : null,
      page,
      check: (name, device) => passwordChange.change({ name, password, newPassword, device }),
      beforeSession: endSessions,
    })
  })

  /** Ends all sessions of a user whose password changed. Returns the answer if that was not acknowledged. */
  async function endSessions(subject: string, remote: string): Promise<Problem | null> {
    const entry = { event: 'password-change', subject, remote } as const
    try {
      const { revokedIds } = await store.revokeSubject(subject, call)
      audit.record({ ...entry, sessions: revokedIds, outcome: 'ended' })
      return null
    } catch (error) {
      audit.record({ ...entry, sessions: [], outcome: 'unknown' })
      app.log.warn({ event: 'sessions-not-ended', err: loggableError(error) }, 'Sessions were not ended')
      return passwordChangedOnly
    }
  }
}
