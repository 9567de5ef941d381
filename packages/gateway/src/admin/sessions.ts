import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Audit } from '../audit/audit.ts'
import { sendProblem } from '../http/answer.ts'
import { invalidRequest } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from '../services/services.ts'

/** Rejects tokens: a token that was entered by mistake must not be echoed, nor reach the audit log. */
const subject = z
  .string()
  .min(1)
  .max(256)
  .regex(/^(?![\s\S]*hfa?_[A-Za-z0-9_-]{20})/)
const whose = z.object({ subject })
const which = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/) })

const sessionSchema = z.object({
  id: z.string(),
  subject: z.string(),
  device: z.string(),
  issuedAt: z.iso.datetime(),
  idleUntil: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
const listSchema = z.object({ count: z.int(), sessions: z.array(sessionSchema) })
const endedSchema = z.object({ ended: z.array(z.string()) })

const noSubject = invalidRequest(
  'The query must contain `subject`, the owner of the sessions: 1 to 256 characters, and never a token.',
)
const badId = invalidRequest('A session id must be 1 to 64 of A-Z, a-z, 0-9, "_" and "-".')

/**
 * Lists and ends the sessions of a subject. The audit log records each end, with the administrator.
 * INV-GATEWAY-24.
 */
export function adminSessionRoutes(
  app: FastifyInstance,
  { store, audit, lifecycle }: Pick<Services, 'store' | 'audit' | 'lifecycle'>,
): void {
  const options = { signal: lifecycle.giveUp }

  const list = describeRoute({
    summary: 'List and count the live sessions of a subject, oldest first',
    credentials: 'administrator',
    query: whose,
    answers: { 200: { text: 'The sessions.', body: listSchema } },
  })
  app.get('/sessions', list, async (request, reply) => {
    const query = whose.safeParse(request.query)
    if (!query.success) return sendProblem(request, reply, noSubject)
    const { subject } = query.data
    const iso = (timeMs: number) => new Date(timeMs).toISOString()
    const sessions = (await store.list(subject, options)).map(({ id, device, ...session }) => ({
      id,
      subject: session.subject,
      device,
      issuedAt: iso(session.issuedAtMs),
      idleUntil: iso(session.idleUntilMs),
      expiresAt: iso(session.expiresAtMs),
    }))
    return { count: sessions.length, sessions }
  })

  const endAll = describeRoute({
    summary: 'End all sessions of a subject',
    credentials: 'administrator',
    query: whose,
    answers: {
      200: {
        text: 'The public ids of the ended sessions. The store has acknowledged it.',
        body: endedSchema,
      },
    },
  })
  app.delete('/sessions', endAll, async (request, reply) => {
    const query = whose.safeParse(request.query)
    if (!query.success) return sendProblem(request, reply, noSubject)
    const { subject } = query.data
    const ended = await audited(audit, request, subject, [], async () => {
      const { revokedIds } = await store.revokeSubject(subject, options)
      return revokedIds
    })
    return { ended }
  })

  const endOne = describeRoute({
    summary: 'End one session of a subject; ending it again is not an error',
    credentials: 'administrator',
    params: which,
    query: whose,
    answers: { 200: { text: 'Its public id, or nothing if it was not live.', body: endedSchema } },
  })
  app.delete('/sessions/:id', endOne, async (request, reply) => {
    const params = which.safeParse(request.params)
    if (!params.success) return sendProblem(request, reply, badId)
    const query = whose.safeParse(request.query)
    if (!query.success) return sendProblem(request, reply, noSubject)
    const [{ id }, { subject }] = [params.data, query.data]
    const ended = await audited(audit, request, subject, [id], async () => {
      const { revoked } = await store.revokeById(subject, id, options)
      return revoked ? [id] : []
    })
    return { ended }
  })
}

/** Records who ended which sessions; also when the store did not acknowledge it and they may have ended. */
async function audited(
  audit: Audit,
  request: FastifyRequest,
  subject: string,
  asked: readonly string[],
  end: () => Promise<string[]>,
): Promise<string[]> {
  const entry = { event: 'revocation', via: 'admin', by: request.administrator?.name ?? '', subject } as const
  // A client of a Unix socket has no address.
  const remote = request.ip ?? ''
  try {
    const sessions = await end()
    // Without sessions the subject is unknown: the typed text may have been anything, even a password.
    const known = sessions.length > 0 ? subject : null
    audit.record({ ...entry, subject: known, sessions, outcome: 'ended', remote })
    return sessions
  } catch (error) {
    audit.record({ ...entry, sessions: asked, outcome: 'unknown', remote })
    throw error
  }
}
