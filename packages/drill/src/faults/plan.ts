import type { LocalDataCentre } from '@holdfast/local/state/open'
import type { ControlClient } from '@holdfast/local/supervise/control-client'
import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import type { UndoStep } from '@holdfast/operations/undo/undo-journal'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'

/** What a drill can do to a data centre under load. */
export type FaultAction =
  | 'kill'
  | 'pause'
  | 'lose-host'
  | 'empty'
  | 'busy'
  | 'fill-memory'
  | 'drop-connections'
  | 'switch-over'
  | 'upgrade'
  | 'rotate'

/** `redis`: every Redis. The last three are secrets, for `rotate`. */
export type FaultTarget =
  | 'primary'
  | 'replica'
  | 'gateway'
  | 'sentinel'
  | 'proxy'
  | 'redis'
  | 'passwords'
  | 'certificates'
  | 'keyring'

/** What a drill does, and to which target. `faults/catalogue.ts` has the valid pairs. */
export interface DrillFault {
  action: FaultAction
  target: FaultTarget
}

/** How a fault reaches the processes. */
export interface FaultTools {
  control: Pick<ControlClient, 'status' | 'signal' | 'loseHost' | 'restoreHost'>
  /** Sends commands to a Redis as its admin. */
  ask(node: NodeAddress, commands: readonly string[][], timeoutMs: number): Promise<Reply[]>
  /** Every Redis, as planned. */
  redis: readonly NodeAddress[]
  /** The Sentinels' `down-after-milliseconds`. */
  downAfterMs: number
  /** As it was at the beginning. The drill holds the lock, so that an operation must not take it. */
  dataCentre: LocalDataCentre
  /** Makes the drill itself use the new passwords and certificates. */
  renew(): Promise<void>
  /** The connections of applications to every Redis or Sentinel, by process and number. */
  connections(kinds: readonly ('redis' | 'sentinel')[]): Promise<Set<string>>
}

/** One kind of fault. To add one, add a file to this folder and a line to the catalogue. */
export interface FaultKind {
  action: FaultAction
  /** Its possible targets; the first is the default. */
  targets: readonly FaultTarget[]
  /** How long it lasts under load (in milliseconds). 0: over at once. Null: until the load has stopped. */
  lastsMs: number | null
  /** The maximum of `lastsMs` that a user may choose (in milliseconds); 0 when it cannot be chosen. */
  maxMs: number
  /** Plans the fault. Changes nothing. */
  plan(scene: Scene): FaultPlan | Promise<FaultPlan>
}

/** The circumstances for which a fault is planned. */
export interface Scene {
  tools: FaultTools
  target: FaultTarget
  /** A running process that is the target; the primary where every Redis is. */
  victim: ProcessStatus
  /** As {@link FaultKind.lastsMs}. */
  lastsMs: number | null
}

/** A fault with its victim. */
export interface FaultPlan {
  victim: ProcessStatus
  /** What is about to happen: `kill -9 redis-1 (127.0.1.11:6379)` */
  text: string
  /** What has happened, as a sentence: `redis-1 (the primary) was killed with kill -9.` */
  done: string
  /** A replica must be promoted. */
  needsNewPrimary: boolean
  /** How to undo it. The drill notes these steps first: after a kill the next drill undoes the fault. */
  undo: readonly UndoStep[]
  /** Injects the fault. `rest` is work that it repeats or waits for, and that ends when `ended` aborts. */
  inject(ended: AbortSignal): Promise<{ rest?: Promise<unknown> }>
  /** The load runs until `rest` has ended by itself, but not longer than this (in milliseconds). */
  awaitMs?: number
  /** How many connections it has ended, once its `rest` has ended; null where they are not counted. */
  connections?(): EndedConnections | null
  /** Whether the fault took effect: else the drill proves nothing. */
  tookEffect(observation: Observation): boolean | Promise<boolean>
  /** Logins must be rejected meanwhile, with `STORE_FULL`: that is not a failure. */
  refusesLogins?: true
}

/** Connections of applications that were open before an operation, and how many of them it has ended. */
export interface EndedConnections {
  before: number
  ended: number
}

/** What the drill observed of a fault. */
export interface Observation {
  /** The victim is a Redis, and stopped answering. */
  wentSilent: boolean
  /** The `rest` of the fault has ended, well or not. */
  isDone: boolean
  /** Another Redis was promoted. */
  promoted: boolean
  /** Logins that were rejected with `STORE_FULL`. */
  refusedLogins: number
  /** Whether the victim's process is gone or was replaced; waits a moment for that. */
  isGone(): Promise<boolean>
}

/** `redis-1 (127.0.1.11:6379)` */
export const labelOf = ({ name, host, port }: ProcessStatus) => `${name} (${formatAddress({ host, port })})`

/** `redis-1 (the primary)`, `gateway-1` */
export const nameOf = ({ target, victim }: Pick<Scene, 'target' | 'victim'>) =>
  target === 'primary' ? `${victim.name} (the primary)` : victim.name

/** `8 s`, `1.5 s` */
export const seconds = (ms: number) => `${ms / 1000} s`

/**
 * Whether the primary stays silent for long enough that a replica is promoted: clearly longer than the Sentinels need to
 * mark it as down, to elect a leader and to promote.
 */
export const outlastsFailover = ({ target, lastsMs, tools }: Scene) =>
  target === 'primary' && (lastsMs === null || lastsMs > tools.downAfterMs + PROMOTION_MS)

/** The maximum duration of an election and a promotion, after the primary is marked as down (in milliseconds). */
const PROMOTION_MS = 4000
