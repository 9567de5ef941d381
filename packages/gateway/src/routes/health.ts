import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from '../services/services.ts'

/**
 * A failover breaks connections to nodes that change their role, and for a moment too few are up. A verification waits
 * for them, and so does `/readyz` (in milliseconds).
 */
const READY_TIMEOUT_MS = 500
const POLL_INTERVAL_MS = 25

const liveSchema = z.object({ live: z.literal(true), server: z.string() })
const readySchema = z.object({
  ready: z.boolean(),
  server: z.string(),
  /** The revision of the configuration in use. */
  revision: z.string().optional(),
  /** Why the gateway is not ready. */
  why: z.string().optional(),
})

const livez = describeRoute({
  summary: 'Check that the process runs',
  answers: { 200: { text: 'It runs.', body: liveSchema } },
})
const readyz = describeRoute({
  summary: 'Check whether a load balancer should use this gateway',
  answers: {
    200: { text: 'The gateway can verify tokens.', body: readySchema },
    503: { text: 'Use another gateway.', body: readySchema },
  },
})

/**
 * `GET /livez`: 200 as long as this process answers.
 *
 * `GET /readyz`: 503 when a load balancer should use another gateway: this one is shutting down, or it cannot verify
 * tokens. `revision` is that of the configuration in use. A gateway stays ready during a failover, in which logins wait
 * and verifications continue: every other gateway waits for the same failover.
 */
export function healthRoutes(app: FastifyInstance, services: Services): void {
  const { server, lifecycle, revision } = services

  app.get('/livez', livez, async () => ({ live: true, server }))

  app.get('/readyz', readyz, async (_request, reply) => {
    const deadline = performance.now() + READY_TIMEOUT_MS
    let why = reasonNotReady(services)
    while (why !== null && !lifecycle.draining && performance.now() < deadline) {
      await sleep(POLL_INTERVAL_MS)
      why = reasonNotReady(services)
    }
    return why === null
      ? reply.send({ ready: true, server, revision: revision() })
      : reply.code(503).header('retry-after', '1').send({ ready: false, server, revision: revision(), why })
  })
}

function reasonNotReady({ store, lifecycle }: Services): string | null {
  if (lifecycle.draining) return 'This gateway is shutting down.'
  // Without the cause, which names hosts: any client may ask. The log has it.
  return store.status().readable ? null : 'This gateway cannot verify tokens now. Its log has the reason.'
}
