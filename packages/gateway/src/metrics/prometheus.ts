import type { Metric } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import { describeRoute, type RouteDescription } from '../openapi/describe.ts'
import { METRICS_TYPE, metricsText } from './text.ts'

/** `GET /metrics`, for Prometheus. */
export function metricsRoute(
  app: FastifyInstance,
  collectAll: () => Promise<readonly Metric[]>,
  credentials?: RouteDescription['credentials'],
): void {
  const description = describeRoute({
    summary: 'Get metrics in the Prometheus text format',
    ...(credentials === undefined ? {} : { credentials }),
    answers: { 200: { text: 'The metrics.', type: 'text/plain' } },
  })
  app.get('/metrics', description, async (_request, reply) =>
    reply.type(METRICS_TYPE).send(metricsText(await collectAll())),
  )
}
