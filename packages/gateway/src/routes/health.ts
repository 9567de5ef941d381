import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { describeRoute } from '../openapi/describe.ts'
import type { Services } from './services.ts'

/**
 * A failover breaks the connections to nodes that change their part, and for a moment too few are up; a
 * verification waits for them, and so does the answer of `/readyz` (in milliseconds).
 */
const PATIENCE_MS = 500
const LOOK_AGAIN_MS = 25

const liveSchema = z.object({ live: z.literal(true), server: z.string() })
const readySchema = z.object({
  ready: z.boolean(),
  server: z.string(),
  /** Of the configuration that is in use. */
  revision: z.string().optional(),
  /** Why it is not ready. */
  why: z.string().optional(),
})

const livez = describeRoute({
  summary: 'Answers as long as the process does.',
  answers: { 200: { text: 'It lives.', body: liveSchema } },
})
const readyz = describeRoute({
  summary: 'Tells a load balancer whether to ask this gateway.',
  answers: {
    200: { text: 'It can verify tokens.', body: readySchema },
    503: { text: 'Others should be asked.', body: readySchema },
  },
})

/**
 * `GET /livez`: 200 as long as this process answers at all.
 *
 * `GET /readyz`: 503 when a load balancer should ask others instead: this gateway ends, or it cannot verify
 * a token. Its `revision` is that of the configuration in use. A failover, in which logins wait and verifications go on, leaves it ready: another gateway would
 * wait for the same failover.
 */
export function healthRoutes(app: FastifyInstance, services: Services): void {
  const { server, lifecycle, revision } = services

  app.get('/livez', livez, async () => ({ live: true, server }))

  app.get('/readyz', readyz, async (_request, reply) => {
    const deadline = performance.now() + PATIENCE_MS
    let why = reasonNotReady(services)
    while (why !== null && !lifecycle.draining && performance.now() < deadline) {
      await sleep(LOOK_AGAIN_MS)
      why = reasonNotReady(services)
    }
    return why === null
      ? reply.send({ ready: true, server, revision: revision() })
      : reply.code(503).header('retry-after', '1').send({ ready: false, server, revision: revision(), why })
  })
}

function reasonNotReady({ store, lifecycle }: Services): string | null {
  if (lifecycle.draining) return 'This gateway is shutting down.'
  const { readable, problem } = store.status()
  return readable ? null : (problem ?? 'The store cannot be read.')
}
