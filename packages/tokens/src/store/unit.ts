import { ConnectionClosedError, RedisReplyError, StoreFullError, StoreUnavailableError } from '../errors.ts'
import type { Reply } from '../redis/connection.ts'
import type { Script } from '../scripts/scripts.ts'
import type { MergeRequest } from './backend.ts'

/** One call of a script. It must be safe to run again at any time, on any primary. */
export interface WriteCommand {
  script: Script
  keys: string[]
  args: (string | Buffer)[]
  /** How many values it answers. Default is 1. */
  values?: number
}

/** What becomes of live records when memory is full: none is written, those that are stored and do not grow, or all. */
export type WhenFull = 'refuse' | 'stored' | 'write'

export interface UnitOptions {
  signal?: Signal | null
  command?: WriteCommand | null
  whenFull?: WhenFull
  /** Asked before each try. Once it says no, the unit fails with {@link PrimaryReplacedError}, and its outcome is unknown. */
  mayTry?: () => boolean
}

/** Another node is primary than the one for which a unit was meant. */
export class PrimaryReplacedError extends StoreUnavailableError {}

/** A message that travels through the primary to its replicas, and to who listens. */
export interface Signal {
  channel: string
  message: string
}

/** What must hold before a unit is acknowledged. */
export type Durability =
  /** Whoever is promoted has it, or this process writes it again. */
  | 'lasting'
  /** One replica at least has it: proof that the primary still has a follower. */
  | 'followed'

/** An acknowledged unit. */
export interface Committed {
  replies: Reply[]
  /** The term of the primary that it was written to. */
  term: number
  /** Whether every planned replica has it. */
  complete: boolean
}

/** Writes that are acknowledged together, and the caller that waits for them. INV-TOKENS-11. */
export class Unit {
  readonly merges: readonly MergeRequest[]
  readonly signal: Signal | null
  /** One call of another script than merge.lua; it answers a list of values. */
  readonly command: WriteCommand | null
  readonly whenFull: WhenFull
  readonly durability: Durability
  readonly outcome: Promise<Committed>
  readonly askedAtMs = performance.now()
  readonly succeed: (committed: Committed) => void
  readonly fail: (error: Error) => void
  readonly #mayTry: () => boolean
  #settled = false

  constructor(
    merges: readonly MergeRequest[],
    durability: Durability,
    { signal = null, command = null, whenFull = 'refuse', mayTry = () => true }: UnitOptions = {},
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<Committed>()
    this.merges = merges
    this.signal = signal
    this.command = command
    this.whenFull = whenFull
    this.#mayTry = mayTry
    this.durability = durability
    this.outcome = promise
    this.succeed = (committed) => {
      this.#settled = true
      resolve(committed)
    }
    this.fail = (error) => {
      this.#settled = true
      reject(error)
    }
  }

  /** Whether it may be sent now. If not, it has failed. */
  mayTry(): boolean {
    if (this.#mayTry()) return true
    this.fail(new PrimaryReplacedError('Another node is primary now.'))
    return false
  }

  get isSettled(): boolean {
    return this.#settled
  }
}

/** What became of a unit on one primary, leaving aside whether replicas have it. */
export type UnitOutcome =
  | { kind: 'done'; replies: Reply[] }
  /** Not now or not here: the same commands may succeed later, or on another primary. */
  | { kind: 'passing'; error: Error }
  /** Not done, and sending it again would not help. */
  | { kind: 'refused'; error: Error }

/** Error replies that pass: the node is no primary, has no replica, loads its data, cannot save, or is busy. */
const PASSING = new Set([
  'READONLY',
  'NOREPLICAS',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'BUSY',
  'NOSCRIPT',
  'UNBLOCKED',
])

export function readOutcome(results: PromiseSettledResult<Reply>[]): UnitOutcome {
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) {
    return {
      kind: 'done',
      replies: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    }
  }
  const error: unknown = failed.reason
  if (!(error instanceof RedisReplyError)) {
    return {
      kind: 'passing',
      error: error instanceof Error ? error : new ConnectionClosedError(String(error)),
    }
  }
  if (PASSING.has(error.kind)) return { kind: 'passing', error }
  if (error.kind === 'OOM') {
    return {
      kind: 'refused',
      error: new StoreFullError('Redis has no memory left for a new session. Raise `maxmemory`.', {
        cause: error,
      }),
    }
  }
  return { kind: 'refused', error: new StoreUnavailableError(error.message, { cause: error }) }
}

export function isReply(error: Error, kind: string): boolean {
  return error instanceof RedisReplyError && error.kind === kind
}
