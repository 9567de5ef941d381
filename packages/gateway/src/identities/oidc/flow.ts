import { randomUUID, timingSafeEqual } from 'node:crypto'
import type { CallOptions, Claims, TokenStore } from '@holdfast/tokens'
import { z } from 'zod'
import { flowSubject } from './bookkeeping.ts'
import type { FlowSeal } from './flow-cookie.ts'

/** From the button on the login page until the provider must have sent the person back (in milliseconds). */
export const FLOW_LIFETIME_MS = 10 * 60 * 1000

const flowSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  /** The person must have authenticated at most so many seconds ago. */
  maxAge: z.int().min(0).exactOptional(),
  /** The attempt that it counts as. A gateway of an earlier version wrote none. */
  begun: z.object({ id: z.string(), names: z.array(z.string()) }).exactOptional(),
})

/** What must be remembered of a login while the person is with the provider. */
type Flow = z.output<typeof flowSchema>

/** Logins under way. */
export interface Flows {
  /** Remembers a flow; answers what the browser keeps. Throws what `store.issue` throws. */
  begin(flow: Flow, options: CallOptions): Promise<string>
  /**
   * The flow of a browser, once: whoever takes it again, at whatever gateway, gets null. Null also when it is not this
   * data centre's, too old, or has another `state`; then it can still be taken. Throws what `store.update` throws.
   */
  take(cookie: string, state: string, options: CallOptions): Promise<Flow | null>
}

/**
 * Keeps flows in the store, so that a login may be finished at another gateway than the one where it began.
 * INV-GATEWAY-11.
 */
export function createFlows(store: TokenStore, seal: FlowSeal): Flows {
  return {
    async begin(flow, options) {
      const lifetime = { idleMs: FLOW_LIFETIME_MS, absoluteMs: FLOW_LIFETIME_MS }
      const subject = flowSubject(randomUUID())
      const { token } = await store.issue({ subject, claims: { ...flow }, ...lifetime }, options)
      return seal.seal(token)
    },
    async take(cookie, state, options) {
      const token = seal.unseal(cookie)
      if (token === null) return null
      let taken: Flow | null = null
      const change = (claims: Claims): Claims => {
        taken = claims['used'] === true ? null : flowOf(claims, state)
        if (taken === null) throw new FlowNotTakenError()
        return { ...claims, used: true }
      }
      try {
        // An update fails when another changed the session meanwhile: so only one can take it.
        const { status } = await store.update(token, change, options)
        return status === 'active' ? taken : null
      } catch (error) {
        if (error instanceof FlowNotTakenError) return null
        throw error
      }
    },
  }
}

/** Leaves the update without a change. */
class FlowNotTakenError extends Error {}

function flowOf(claims: Claims, state: string): Flow | null {
  const parsed = flowSchema.safeParse(claims)
  return parsed.success && isSame(parsed.data.state, state) ? parsed.data : null
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
