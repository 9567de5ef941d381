import type { StoreStatus } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { AuditStatus } from '../audit/audit.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from '../services/services.ts'

const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'unready']),
  server: z.string(),
  /** What does not work correctly, as stable codes. */
  degraded: z.array(z.string()),
})

/**
 * `GET /healthz` distinguishes three states: `ok`; `degraded` (200: it serves, but needs attention soon); `unready` (503,
 * like `/readyz`). It names no host, because any client may ask. `warnings` returns further reasons to be degraded.
 */
export function healthzRoute(app: FastifyInstance, services: Services, warnings: () => string[]): void {
  const { server, store, lifecycle, audit } = services
  const description = describeRoute({
    summary: 'Check the health: ok, degraded or unready',
    answers: {
      200: { text: 'It serves: `ok` or `degraded`.', body: healthSchema },
      503: { text: 'It does not serve: `unready`.', body: healthSchema },
    },
  })
  app.get('/healthz', description, async (_request, reply) => {
    const status = store.status()
    const degraded = [...degradations(status, audit.status()), ...warnings()]
    if (lifecycle.draining || !status.readable) {
      return reply.code(503).header('retry-after', '1').send({ status: 'unready', server, degraded })
    }
    return reply.send({ status: degraded.length > 0 ? 'degraded' : 'ok', server, degraded })
  })
}

/** What does not work as well as it should. Pure. */
export function degradations(store: StoreStatus, audit: AuditStatus): string[] {
  const down = (nodes: readonly { up: boolean }[]) => nodes.some(({ up }) => !up)
  const found: [string, boolean][] = [
    ['writes-wait', !store.writable],
    ['redis-down', down(store.nodes)],
    ['sentinel-down', down(store.sentinels)],
    ['audit-not-written', audit.troubled],
  ]
  return found.filter(([, holds]) => holds).map(([name]) => name)
}
