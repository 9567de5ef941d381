import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { sendProblem } from '../http/answer.ts'
import { notFound } from '../http/problems.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Operations } from './operations.ts'

const countsSchema = z.object({
  server: z.string(),
  /** Since the start of this process, by the event of the audit log. */
  events: z.record(z.string(), z.int()),
  cachedSessions: z.int(),
  waitingWrites: z.int(),
  waitingReads: z.int(),
})

/** What this gateway knows of itself, of its store, and of its data centre. */
export function overviewRoutes(app: FastifyInstance, operations: Operations): void {
  const { services, metrics, clusterView } = operations
  const { store, server, audit } = services

  const counts = describeRoute({
    summary: 'What this process counted since its start.',
    credentials: 'administrator',
    answers: { 200: { text: 'The counts.', body: countsSchema } },
  })
  app.get('/counts', counts, async () => {
    const { cachedRecords, waitingWrites, waitingReads } = store.status()
    return { server, events: metrics.events(), cachedSessions: cachedRecords, waitingWrites, waitingReads }
  })

  const status = describeRoute({
    summary: 'What this process knows about the nodes, and how its audit log is.',
    credentials: 'administrator',
    answers: {
      200: { text: 'The status.', body: z.object({ store: z.looseObject({}), audit: z.looseObject({}) }) },
    },
  })
  app.get('/status', status, async () => ({ server, store: store.status(), audit: audit.status() }))

  const cluster = describeRoute({
    summary: 'The data centre as its own processes tell it.',
    credentials: 'administrator',
    answers: { 200: { text: 'As `holdfast status --json` prints it.', body: z.looseObject({}) } },
  })
  app.get('/cluster', cluster, async (request, reply) =>
    clusterView ? reply.send(await clusterView()) : sendProblem(request, reply, notFound),
  )
}
