import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Services } from './services.ts'

/**
 * A failover breaks the connections to nodes that change their part, and for a moment too few are up; a
 * verification waits for them, and so does the answer of `/readyz` (in milliseconds).
 */
const PATIENCE_MS = 500
const LOOK_AGAIN_MS = 25

/**
 * `GET /livez`: 200 as long as this process answers at all.
 *
 * `GET /readyz`: 503 when a load balancer should ask others instead: this gateway ends, or it cannot verify
 * a token. A failover, in which logins wait and verifications go on, leaves it ready: another gateway would
 * wait for the same failover.
 */
export function healthRoutes(app: FastifyInstance, services: Services): void {
  const { server, lifecycle } = services

  app.get('/livez', async () => ({ live: true, server }))

  app.get('/readyz', async (_request, reply) => {
    const deadline = performance.now() + PATIENCE_MS
    let why = reasonNotReady(services)
    while (why !== null && !lifecycle.draining && performance.now() < deadline) {
      await sleep(LOOK_AGAIN_MS)
      why = reasonNotReady(services)
    }
    return why === null
      ? reply.send({ ready: true, server })
      : reply.code(503).header('retry-after', '1').send({ ready: false, server, why })
  })
}

function reasonNotReady({ store, lifecycle }: Services): string | null {
  if (lifecycle.draining) return 'This gateway is shutting down.'
  const { readable, problem } = store.status()
  return readable ? null : (problem ?? 'The store cannot be read.')
}
