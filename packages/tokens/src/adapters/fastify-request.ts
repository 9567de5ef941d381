import type { Session } from '../store/api/verification.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The session of the request, or null. */
    session: Session | null
  }
}
