import type { Session } from '../store/api/verification.ts'

declare global {
  namespace Express {
    interface Request {
      /** The session of the request, or null. */
      session: Session | null
    }
  }
}
