import { randomUUID, timingSafeEqual } from 'node:crypto'
import type { CallOptions, Claims, TokenStore } from '@holdfast/tokens'
import { z } from 'zod'
import type { FlowSeal } from './flow-cookie.ts'
import { flowSubject } from './internal-subjects.ts'

/** Deadline from the button on the login page to the return from the provider (in milliseconds). */
export const FLOW_LIFETIME_MS = 10 * 60 * 1000

const flowSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  /** Max age of the user's authentication, in seconds. */
  maxAge: z.int().min(0).exactOptional(),
  /** The attempt to give back. A gateway of an earlier version stored none. */
  begun: z.object({ id: z.string(), names: z.array(z.string()) }).exactOptional(),
})

/** The state of a login while the user is at the provider. */
type Flow = z.output<typeof flowSchema>

/** The store of unfinished logins. */
export interface Flows {
  /** Stores a flow and returns the value of the browser's cookie. Throws what `store.issue` throws. */
  begin(flow: Flow, options: CallOptions): Promise<string>
  /**
   * Takes the flow of a browser. Only the first call at any gateway gets it; later ones get null. Also null when the flow
   * is of another data centre, expired, or has another `state`; then it can still be taken. Throws what `store.update` throws.
   */
  take(cookie: string, state: string, options: CallOptions): Promise<Flow | null>
}

/**
 * Keeps flows in the store, so that a login can finish at another gateway than the one where it began.
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
        // The update fails if another gateway changed the session meanwhile, so only one can take the flow.
        const { status } = await store.update(token, change, options)
        return status === 'active' ? taken : null
      } catch (error) {
        if (error instanceof FlowNotTakenError) return null
        throw error
      }
    },
  }
}

/** Leaves the session unchanged. */
class FlowNotTakenError extends Error {}

function flowOf(claims: Claims, state: string): Flow | null {
  const parsed = flowSchema.safeParse(claims)
  return parsed.success && isSame(parsed.data.state, state) ? parsed.data : null
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
