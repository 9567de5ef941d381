import type { StoreStatus } from '@holdfast/tokens'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { AuditStatus } from '../audit/audit.ts'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from './services.ts'

const healthSchema = z.object({
  status: z.enum(['ok', 'degraded', 'unready']),
  server: z.string(),
  /** What does not work as it should, in stable words. */
  degraded: z.array(z.string()),
})

/**
 * `GET /healthz` tells three states apart: `ok`; `degraded` (200: it serves, and somebody should look soon); `unready`
 * (503, as `/readyz`: others should be asked). It names no host: anybody may ask. `warnings`: further reasons to be degraded.
 */
export function healthzRoute(app: FastifyInstance, services: Services, warnings: () => string[]): void {
  const { server, store, lifecycle, audit } = services
  const description = describeRoute({
    summary: 'Tells well, degraded and unready apart.',
    answers: {
      200: { text: 'It serves: `ok` or `degraded`.', body: healthSchema },
      503: { text: 'It does not.', body: healthSchema },
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

/** What works, and worse than it should. Pure. */
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
