import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import type { ControlClient } from '../../operate/control-client.ts'
import type { LocalDataCentre } from '../../state/open.ts'
import type { ProcessStatus } from '../../supervise/managed-process.ts'
import type { UndoStep } from '../undo/steps.ts'

/** What can be done to a data centre while users work. */
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

/** `redis`: all of them. The last ones are secrets, for `rotate`. */
export type FaultTarget =
  | 'primary'
  | 'replica'
  | 'gateway'
  | 'sentinel'
  | 'redis'
  | 'passwords'
  | 'certificates'
  | 'keyring'

/** What is done, to what. Which pairs there are is in the catalogue: `faults/catalogue.ts`. */
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
  /** As it was at the beginning. The drill has it to itself, so an operation is done without a lock of its own. */
  dataCentre: LocalDataCentre
  /** Lets the drill itself use the passwords and certificates of now. */
  renew(): Promise<void>
  /** The connections of applications to every Redis or Sentinel, by process and number. */
  connections(kinds: readonly ('redis' | 'sentinel')[]): Promise<Set<string>>
}

/** One kind of fault. A new one is a file in this folder and a line in the catalogue. */
export interface FaultKind {
  action: FaultAction
  /** What it can be done to; the first is the default. */
  targets: readonly FaultTarget[]
  /** How long it lasts while users work (in milliseconds). 0: over at once. Null: until they have stopped. */
  lastsMs: number | null
  /** The longest that it may be asked to last (in milliseconds); 0 when that cannot be chosen. */
  mostMs: number
  /** Plans it. Changes nothing. */
  plan(scene: Scene): FaultPlan | Promise<FaultPlan>
}

/** What a fault is planned for. */
export interface Scene {
  tools: FaultTools
  target: FaultTarget
  /** A running process that is the target; of all Redis, the primary. */
  victim: ProcessStatus
  /** How long it is to last; as {@link FaultKind.lastsMs}. */
  lastsMs: number | null
}

/** A fault with its victim. */
export interface FaultPlan {
  victim: ProcessStatus
  /** What is about to be done: `kill -9 redis-1 (127.0.1.11:6379)` */
  text: string
  /** What was done, as a sentence: `redis-1 (the primary) was killed with kill -9.` */
  done: string
  /** The data centre must choose a new primary. */
  needsNewPrimary: boolean
  /** What puts it right again, written down before anything is done: a killed drill leaves it to the next one. */
  undo: readonly UndoStep[]
  /** Does it. What it does again and again, or only waits for, is in `rest` and comes to its end once `ended` aborts. */
  inject(ended: AbortSignal): Promise<{ rest?: Promise<unknown> }>
  /** Users work until its `rest` has ended by itself, for so long at the most (in milliseconds). */
  awaitMs?: number
  /** What it has cost in connections, once its `rest` has ended; null where they are not counted. */
  connections?(): EndedConnections | null
  /** Whether it did what it should: a fault without effect proves nothing. */
  tookEffect(seen: Seen): boolean | Promise<boolean>
  /** Logins are to be refused meanwhile, with `STORE_FULL`: that is not a failure. */
  refusesLogins?: true
}

/** Connections of applications that stood before an operation, and how many of them had ended after it. */
export interface EndedConnections {
  before: number
  ended: number
}

/** What was seen of a fault. */
export interface Seen {
  /** The victim, a Redis, stopped answering. */
  wentSilent: boolean
  /** What it waits for has ended, well or not. */
  isDone: boolean
  /** Another Redis became the primary. */
  promoted: boolean
  /** Logins that were refused with `STORE_FULL`. */
  refusedLogins: number
  /** The victim's process is gone, or another one by now; waits a moment for that. */
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
 * Whether a silence of the primary is long enough for another one: clearly longer than the Sentinels wait before
 * they call it down, and an election and a promotion after that.
 */
export const outlastsFailover = ({ target, lastsMs, tools }: Scene) =>
  target === 'primary' && (lastsMs === null || lastsMs > tools.downAfterMs + PROMOTION_MS)

/** What an election and a promotion take at most after the primary counts as down. */
const PROMOTION_MS = 4000
