import type { AppHost } from '../hosts/places.ts'
import type { Role, Site } from '../site/site.ts'

/** How far a fault reaches: what the promises are about depends on it (see schedule/promise.ts). */
type Reach =
  /** One data host, its Redis or its Sentinel is dead, hung or cut off. */
  | 'one-data-host'
  /** One application host. */
  | 'one-application'
  /** Some links, or several hosts at once. */
  | 'network'
  /** An operation of the product: nobody should notice it. */
  | 'planned'
  /** What all nodes share: memory, a script, all connections. */
  | 'everywhere'

/** Whom a fault is for. What it does not use it ignores. */
export interface Target {
  role: Role
  app: AppHost
}

export interface Begun {
  /** Where it is, as it turned out. */
  where: string
  /** The application servers that it touches itself: they owe nobody an answer meanwhile. */
  touches?: readonly string[]
  /** Whether and how it was seen to take effect; asked before it is ended. */
  evidence: () => Promise<string | null>
  end: () => Promise<void>
}

/** How long logins may wait for a failover (in milliseconds). */
export const LONGEST_LOGIN_GAP_MS = 3000

/** What a run must have for a fault, besides the usual: clocks that can be set, small disks, starts by the product's guard. */
export type Need = 'clocks' | 'small-disks' | 'guards'

export interface Fault {
  /** What it does, in one sentence. */
  summary: string
  reach: Reach
  /** A node loses its data set. */
  losesData?: boolean
  needs?: Need
  /** How long it lasts in a schedule, where the usual durations would show nothing (in milliseconds). */
  durationsMs?: readonly [number, ...number[]]
  /** How long logins may wait at the most where L2 is promised (in milliseconds). Default is {@link LONGEST_LOGIN_GAP_MS}. */
  loginGapMs?: number
  /** `strength` is what the schedule drew for it, from 0 to 1. */
  begin: (site: Site, target: Target, strength: number) => Promise<Begun>
}
