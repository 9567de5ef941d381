import type { Active, SessionSummary } from '@holdfast/tokens'
import { type Credential, readCredential } from '@holdfast/tokens/web'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Page } from '../html/layout.ts'
import { sendPage, sendProblem, wantsHtml } from '../http/answer.ts'
import { clientAddress } from '../http/client-address.ts'
import { noSuchSession, type Problem, sessionProblem, storeUnavailable } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import { isLeftOpen, leftOpenPage } from '../pages/left-open.ts'
import { stepUpPage } from '../pages/login.ts'
import { sessionsPage } from '../pages/sessions.ts'
import type { Services } from '../services/services.ts'
import { readDeviceLabel } from '../sessions/device.ts'
import { authenticatedAtMs, recentLoginProblem } from '../sessions/step-up.ts'

const listDescription = describeRoute({
  summary: 'List your own sessions, as JSON or as a page',
  credentials: 'token',
  answers: {
    200: {
      text: 'The sessions.',
      body: z.object({
        subject: z.string(),
        server: z.string(),
        sessions: z.array(
          z.object({
            id: z.string(),
            current: z.boolean().meta({ description: 'True for the session of this request.' }),
            device: z.string(),
            address: z.string(),
            issuedAt: z.iso.datetime(),
            idleUntil: z.iso.datetime(),
            expiresAt: z.iso.datetime(),
          }),
        ),
      }),
    },
    401: { text: 'You are not logged in.' },
    503: { text: 'The session cannot be verified now. The user stays logged in.' },
  },
})

const describeEnding = (summary: string, params?: z.ZodObject) =>
  describeRoute({
    summary,
    credentials: 'token',
    ...(params && { params }),
    answers: {
      200: {
        text: 'The public ids of the ended sessions. The store has acknowledged it.',
        body: z.object({ ended: z.array(z.string()), server: z.string() }),
      },
      303: { text: 'The same, for a browser.' },
      401: { text: 'You are not logged in, or your login is too old to end another session.' },
      403: { text: 'The request came from a page of another site.' },
      404: { text: 'You have no session with this id.' },
      503: { text: 'Not acknowledged. Try again.' },
    },
  })

const sessionId = z.object({ id: z.string() })

/** The user who sends the request, and the token. */
interface Owner {
  session: Active
  credential: Credential
}

/** Ends some of the owner's sessions and returns their ids; null when there is no such session. */
type End = (owner: Owner, request: FastifyRequest) => Promise<string[] | null>

/**
 * A user's own sessions. `GET /sessions` lists them, as JSON or as a page. `DELETE /sessions/:id` (for forms
 * `POST /sessions/:id/end`) ends one of them, `POST /sessions/end-others` all but the session of the request, and
 * `POST /sessions/end-all` all of them. A login is required, and other users' sessions are out of reach. Another session than
 * that of the request ends only after a recent login, so a stolen session does not end the others.
 */
export function ownSessionsRoutes(app: FastifyInstance, services: Services): void {
  const { server, store, cookie, audit, checkToken, lifecycle, loginWays, sessions: rules } = services
  const form = { server, ways: loginWays, returnTo: '/sessions', remember: rules.rememberMs !== undefined }
  const options = { signal: lifecycle.giveUp }

  app.get('/sessions', listDescription, async (request, reply) => {
    if (isLeftOpen(request.query) && wantsHtml(request)) return sendPage(reply, leftOpenPage(server))
    const owner = await ownerOf(request, reply)
    if (owner === null) return reply
    const { subject, id: currentId } = owner.session
    const sessions = await store.list(subject, options)
    if (!wantsHtml(request)) {
      return reply.send({ subject, server, sessions: sessions.map((session) => view(session, currentId)) })
    }
    const canChangePassword = (await services.passwordChange?.isOfferedTo(subject)) === true
    const page = { server, current: owner.session, nowMs: store.nowMs(), sessions, canChangePassword }
    return sendPage(reply, sessionsPage(page))
  })

  app.register(async (scope) => {
    // These need no body, and must not fail because of one.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null))

    const endOne: End = async ({ session }, request) => {
      const { id } = request.params as { id: string }
      const { revoked } = await store.revokeById(session.subject, id, options)
      return revoked ? [id] : null
    }
    scope.delete('/sessions/:id', describeEnding('End one of your sessions', sessionId), ending(endOne))
    scope.post(
      '/sessions/:id/end',
      describeEnding('End one of your sessions, with a form', sessionId),
      ending(endOne),
    )
    scope.post(
      '/sessions/end-others',
      describeEnding('End all your sessions except this one'),
      ending(async ({ session, credential }) => {
        const { revokedIds } = await store.revokeSubject(session.subject, {
          ...options,
          exceptToken: credential.token,
        })
        return revokedIds
      }),
    )
    scope.post(
      '/sessions/end-all',
      describeEnding('End all your sessions'),
      ending(async ({ session }) => (await store.revokeSubject(session.subject, options)).revokedIds),
    )
  })

  /** The session of a request. Null when there is none; then the answer has been sent. */
  async function ownerOf(request: FastifyRequest, reply: FastifyReply): Promise<Owner | null> {
    const credential = readCredential(request.headers, cookie.name)
    if (credential === null) return refused(request, reply, sessionProblem({ status: 'none' }))
    const session = await checkToken(credential.token, null)
    if (session.status === 'active') return { session, credential }
    const problem = session.status === 'unavailable' ? storeUnavailable : sessionProblem(session)
    return refused(request, reply, problem)
  }

  function refused(request: FastifyRequest, reply: FastifyReply, problem: Problem): null {
    sendProblem(request, reply, problem)
    return null
  }

  /** Answers only after the store has acknowledged the end; otherwise with 503, and the cookie stays. */
  function ending(end: End) {
    return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const isBearer = readCredential(request.headers, cookie.name)?.from === 'bearer'
      const originProblem = isBearer ? null : services.originProblem(request)
      if (originProblem !== null) return sendProblem(request, reply, originProblem)
      const owner = await ownerOf(request, reply)
      if (owner === null) return reply
      const isOwn = (request.params as { id?: string }).id === owner.session.id
      const problem = isOwn ? null : recentLoginProblem(owner.session, rules.recentLoginMs, store.nowMs())
      if (problem !== null)
        return sendProblem(request, reply, problem, logInAgainPage(owner.session, problem))
      const ended = await audited(owner.session.subject, clientAddress(request), () => end(owner, request))
      if (ended === null) return sendProblem(request, reply, noSuchSession)
      const endedItself = ended.includes(owner.session.id)
      if (endedItself && owner.credential.from === 'cookie') cookie.clear(reply)
      return wantsHtml(request)
        ? reply.redirect(endedItself ? '/' : '/sessions', 303)
        : reply.send({ ended, server })
    }
  }

  /** After the login the user is on the page again. A provider that stated no time cannot be asked for a recent one. */
  function logInAgainPage(session: Active, { message }: Problem): Page {
    const isAged = authenticatedAtMs(session) !== null
    const maxAge = isAged ? Math.ceil(rules.recentLoginMs / 1000) : undefined
    return stepUpPage({ ...form, maxAge, message }, session)
  }

  async function audited(subject: string, remote: string, end: () => Promise<string[] | null>) {
    const entry = { event: 'revocation', by: subject, via: 'page', subject, remote } as const
    try {
      const ended = await end()
      if (ended !== null && ended.length > 0) audit.record({ ...entry, sessions: ended, outcome: 'ended' })
      return ended
    } catch (error) {
      audit.record({ ...entry, sessions: [], outcome: 'unknown' })
      throw error
    }
  }
}

/** One session in JSON. Times are ISO 8601, UTC. */
function view({ id, device, issuedAtMs, idleUntilMs, expiresAtMs }: SessionSummary, currentId: string) {
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  const { words, address } = readDeviceLabel(device)
  return {
    id,
    current: id === currentId,
    device: words,
    address,
    issuedAt: iso(issuedAtMs),
    idleUntil: iso(idleUntilMs),
    expiresAt: iso(expiresAtMs),
  }
}
