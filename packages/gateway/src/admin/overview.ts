import type { Metric } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { AdminConfig } from '../config/admin.ts'
import { sendProblem } from '../http/answer.ts'
import { notFound } from '../http/problems.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from '../services/services.ts'

/** The parts of a gateway that the admin API uses. */
export interface Operations {
  services: Services
  metrics: Metrics
  /** The metrics of all processes of this gateway. */
  collectAll: () => Promise<readonly Metric[]>
  /** The current administrators. */
  administrators: () => AdminConfig['administrators']
  /** The state of the data centre, as `@holdfast/operations` reports it; the caller of the gateway provides it. */
  clusterView?: (() => Promise<unknown>) | undefined
}

const countsSchema = z.object({
  server: z.string(),
  /** Since the start of this process, by audit event. */
  events: z.record(z.string(), z.int()),
  cachedSessions: z.int(),
  waitingWrites: z.int(),
  waitingReads: z.int(),
})

/** What this process knows about itself, its store, and the data centre. */
export function overviewRoutes(app: FastifyInstance, operations: Operations): void {
  const { services, metrics, clusterView } = operations
  const { store, server, audit } = services

  const counts = describeRoute({
    summary: 'Get the counters of this process since its start',
    credentials: 'administrator',
    answers: { 200: { text: 'The counters.', body: countsSchema } },
  })
  app.get('/counts', counts, async () => {
    const { cachedRecords, waitingWrites, waitingReads } = store.status()
    return { server, events: metrics.events(), cachedSessions: cachedRecords, waitingWrites, waitingReads }
  })

  const status = describeRoute({
    summary: 'Get the state of the nodes and the audit log, as this process sees them',
    credentials: 'administrator',
    answers: {
      200: { text: 'The status.', body: z.object({ store: z.looseObject({}), audit: z.looseObject({}) }) },
    },
  })
  app.get('/status', status, async () => ({ server, store: store.status(), audit: audit.status() }))

  const cluster = describeRoute({
    summary: 'Get the state of the data centre',
    credentials: 'administrator',
    answers: { 200: { text: 'The output of `holdfast status --json`.', body: z.looseObject({}) } },
  })
  app.get('/cluster', cluster, async (request, reply) =>
    clusterView ? reply.send(await clusterView()) : sendProblem(request, reply, notFound),
  )
}
