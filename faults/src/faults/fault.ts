import type { AppHost } from '../hosts/places.ts'
import type { Role, Testbed } from '../testbed/testbed.ts'

/** The part of the testbed that a fault affects. The scope decides the promises of the run (see schedule/promise.ts). */
type Scope =
  /** One data host, its Redis or its Sentinel is dead, hung or isolated. */
  | 'one-data-host'
  /** One application host. */
  | 'one-application'
  /** Some links, or several hosts at the same time. */
  | 'network'
  /** An operation of the product. Users must not notice it. */
  | 'planned'
  /** A resource that all nodes share: memory, a script, all connections. */
  | 'everywhere'

/** The target of a fault. A fault ignores the fields that it does not need. */
export interface Target {
  role: Role
  app: AppHost
}

export interface ActiveFault {
  /** The actual places of the fault. */
  where: string
  /** The application servers that the fault affects directly. During the fault they may leave requests unanswered. */
  affected?: readonly string[]
  /** The observed effect of the fault, or null. The caller asks before the fault ends. */
  evidence: () => Promise<string | null>
  end: () => Promise<void>
}

/** How long logins may wait for a failover (in milliseconds). */
export const MAX_LOGIN_GAP_MS = 3000

/** An extra requirement of a fault: adjustable clocks, small disks, or starts by the product's guard. */
export type Need = 'clocks' | 'small-disks' | 'guards'

export interface Fault {
  /** Describes the fault in one sentence. */
  summary: string
  scope: Scope
  /** Whether a node loses its data set. */
  losesData?: boolean
  needs?: Need
  /** The durations in a schedule (in milliseconds), if the usual durations would not show an effect. */
  durationsMs?: readonly [number, ...number[]]
  /** How long logins may wait if the run promises L2 (in milliseconds). Default is {@link MAX_LOGIN_GAP_MS}. */
  loginGapMs?: number
  /** The schedule draws `strength`, from 0 to 1. */
  start: (testbed: Testbed, target: Target, strength: number) => Promise<ActiveFault>
}
