import {
  ConnectionClosedError,
  RedisReplyError,
  StoreFullError,
  StoreUnavailableError,
} from '../../errors.ts'
import type { Reply } from '../../redis/connection.ts'
import type { Script } from '../../scripts/scripts.ts'
import type { MergeRequest } from './requests.ts'

/** One call of a script. Repeating it at any time, on any primary, must be safe. */
export interface WriteCommand {
  script: Script
  keys: string[]
  args: (string | Buffer)[]
  /** The number of values that the script returns. Default is 1. */
  values?: number
}

/** Which live records are written when memory is full: none, only stored ones that do not grow, or all. */
export type WhenFull = 'refuse' | 'stored' | 'write'

export interface PendingWriteOptions {
  signal?: Signal | null
  command?: WriteCommand | null
  whenFull?: WhenFull
  /**
   * Called before each attempt. If it returns false, the write fails with {@link PrimaryReplacedError}, and its
   * outcome is unknown.
   */
  mayTry?: () => boolean
}

/** The primary that a write was meant for has been replaced. */
export class PrimaryReplacedError extends StoreUnavailableError {}

/** A message that travels through the primary to its replicas and to all subscribers. */
export interface Signal {
  channel: string
  message: string
}

/** The condition under which a write is acknowledged. */
export type Durability =
  /** Every replica that may be promoted has it, or this process writes it again. */
  | 'lasting'
  /** At least one replica has it, which proves that the primary still has a replica. */
  | 'followed'

/** An acknowledged write. */
export interface Committed {
  replies: Reply[]
  /** The term of the primary that it was written to. */
  term: number
  /** Whether every planned replica has it. */
  complete: boolean
}

/** Writes that are acknowledged together, and the caller that waits for them. INV-TOKENS-11. */
export class PendingWrite {
  readonly merges: readonly MergeRequest[]
  readonly signal: Signal | null
  /** One call of a script other than merge.lua. It returns a list of values. */
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
    { signal = null, command = null, whenFull = 'refuse', mayTry = () => true }: PendingWriteOptions = {},
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

  /** Whether this write may be sent now. If not, it has failed. */
  mayTry(): boolean {
    if (this.#mayTry()) return true
    this.fail(new PrimaryReplacedError('Another node is primary now.'))
    return false
  }

  get isSettled(): boolean {
    return this.#settled
  }
}

/** The outcome of a write on one primary, regardless of its replicas. */
export type WriteOutcome =
  | { kind: 'done'; replies: Reply[] }
  /** A temporary failure: the same commands may succeed later, or on another primary. */
  | { kind: 'passing'; error: Error }
  /** Refused permanently: sending it again does not help. */
  | { kind: 'refused'; error: Error }

/**
 * Error replies that are temporary: the node is not a primary, has no replica, loads its data, cannot save, or is
 * busy.
 */
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

export function readOutcome(results: PromiseSettledResult<Reply>[]): WriteOutcome {
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
