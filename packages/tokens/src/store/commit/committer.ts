import type { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreOverloadedError, StoreUnavailableError } from '../../errors.ts'
import { Backoff } from '../../redis/backoff.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import type { CommitOutcome, StoreObserver } from '../api/observer.ts'
import type { EpochBarrier } from './barrier.ts'
import { Batch } from './batch.ts'
import {
  type Committed,
  isReply,
  PendingWrite,
  type PendingWriteOptions,
  type Signal,
  type WriteCommand,
} from './pending-write.ts'
import { type Confirmation, ReplicaConfirmation } from './replica-confirmation.ts'
import type { MergeRequest } from './requests.ts'
import { BATCH_TIMEOUT_MS, callScript, WriteConnection, type Writer } from './write-connection.ts'

export interface CommitterOptions {
  /** Maximum number of waiting writes. */
  maxQueued: number
  /** Called when every planned replica has everything that was written in a term. */
  onComplete: (term: number) => void
  observer: StoreObserver
  rules: SafetyPolicy
}

/** No client subscribes to this channel. */
export const FENCE: Signal = { channel: 'hf:fence', message: '' }
/** Maximum number of writes per batch, so that a batch is answered quickly. */
const MAX_IN_BATCH = 256

const IN_DOUBT = 'A replica is missing and a failover may be under way.'
const NOT_CONFIRMED = 'The primary has too few replicas that confirm its writes.'

/**
 * Group commit. One connection to the primary carries all writes of this process. Writes that arrive during a batch
 * go out together as the next pipeline, followed on the same socket by a WAIT, which refers to exactly these
 * writes. A batch is acknowledged if every planned replica has it, or if at least one has it and the epoch barrier
 * shows that no failover is in progress. Any other outcome is unknown, and the batch is sent again until it is
 * acknowledged or the deadline of its caller has passed. All writes are merges, so repeating one is harmless.
 */
export class Committer {
  readonly #group: ReplicaGroup
  readonly #barrier: EpochBarrier
  readonly #options: CommitterOptions
  readonly #connection: WriteConnection
  readonly #confirmation: ReplicaConfirmation
  #units = new Set<PendingWrite>()
  #running = false
  #closed = false
  #trouble: string | null = null

  constructor(group: ReplicaGroup, barrier: EpochBarrier, options: CommitterOptions) {
    this.#group = group
    this.#barrier = barrier
    this.#options = options
    this.#connection = new WriteConnection(group)
    this.#confirmation = new ReplicaConfirmation(group, barrier, options.rules)
  }

  /**
   * Writes to the primary, and resolves when the write is acknowledged. Throws `STORE_UNAVAILABLE`,
   * `STORE_OVERLOADED`, `STORE_FULL` or `STORE_CLOSED`.
   */
  merge(
    merges: readonly MergeRequest[],
    deadline: Deadline,
    {
      first = false,
      ...options
    }: { first?: boolean } & Pick<PendingWriteOptions, 'whenFull' | 'mayTry'> = {},
  ): Promise<Committed> {
    return this.#enqueue(new PendingWrite(merges, 'lasting', options), deadline, first)
  }

  /** Publishes a message through the primary, and resolves when a replica has confirmed it. Throws as {@link merge}. */
  publish(signal: Signal, deadline: Deadline): Promise<Committed> {
    return this.#enqueue(new PendingWrite([], 'followed', { signal }), deadline, true)
  }

  /** Runs a script other than merge.lua, and resolves when it is acknowledged as a write. Throws as {@link merge}. */
  runScript(
    command: WriteCommand,
    deadline: Deadline,
    { first = false, ...options }: { first?: boolean } & Pick<PendingWriteOptions, 'mayTry'> = {},
  ): Promise<Committed> {
    return this.#enqueue(new PendingWrite([], 'lasting', { command, ...options }), deadline, first)
  }

  /** Writes that wait for their acknowledgement. */
  get size(): number {
    return this.#units.size
  }

  close(): void {
    this.#closed = true
    this.#connection.close()
    for (const unit of this.#units) unit.fail(closedError())
  }

  #enqueue(unit: PendingWrite, deadline: Deadline, first: boolean): Promise<Committed> {
    if (this.#closed) return Promise.reject(closedError())
    if (this.#units.size >= this.#options.maxQueued && !first) {
      this.#tell('overloaded', unit)
      return Promise.reject(
        new StoreOverloadedError(
          `${this.#options.maxQueued} writes are waiting already. Try again in a moment.`,
        ),
      )
    }
    this.#units = first ? new Set([unit, ...this.#units]) : this.#units.add(unit)
    const cancel = deadline.onOver(() => {
      unit.fail(this.#tooLate())
      this.#tell('expired', unit)
    })
    const done = unit.outcome.finally(() => {
      cancel()
      this.#units.delete(unit)
    })
    void this.#run()
    return done
  }

  async #run(): Promise<void> {
    if (this.#running) return
    this.#running = true
    const backoff = new Backoff(10, 100)
    while (this.#units.size > 0 && !this.#closed) {
      try {
        const writer = await this.#connection.open()
        const units = take(this.#units, MAX_IN_BATCH).filter((unit) => unit.mayTry())
        await this.#commit(writer, units)
        backoff.reset()
        this.#trouble = null
      } catch (error) {
        this.#trouble = error instanceof Error ? error.message : String(error)
        this.#group.alert()
        await new Promise((resolve) => setTimeout(resolve, backoff.next()))
      }
    }
    this.#running = false
  }

  /** Sends one batch and resolves its writes, or throws and leaves them to be sent again. INV-TOKENS-13. */
  async #commit(writer: Writer, units: PendingWrite[]): Promise<void> {
    const { connection, term } = writer
    const batch = new Batch(units)
    const results = Promise.allSettled(batch.commands.map((command) => callScript(connection, command)))
    for (const { channel, message } of this.#signals(units)) {
      // The reply to PUBLISH proves nothing. The reply to WAIT, behind it on the same socket, does.
      connection.send(['PUBLISH', channel, message], BATCH_TIMEOUT_MS).catch(() => {})
    }
    const { complete, followed: isFollowed, missing } = await this.#awaitReplicas(writer)
    if (complete) this.#options.onComplete(term)
    const sameTerm = () => this.#group.term === term || !this.#options.rules.term
    const followed = isFollowed && sameTerm()
    const lasting = followed && (complete || ((await this.#barrierIsClear(missing)) && sameTerm()))
    let passing: Error | null = null
    for (const [unit, outcome] of batch.outcomes(await results)) {
      if (outcome.kind === 'refused') {
        unit.fail(outcome.error)
        this.#tell('refused', unit)
      } else if (outcome.kind === 'passing') passing = outcome.error
      else if (unit.durability === 'followed' ? followed : lasting) {
        unit.succeed({ replies: outcome.replies, term, complete })
        this.#tell(complete ? 'complete' : 'journalled', unit)
      } else passing ??= new StoreUnavailableError(followed ? IN_DOUBT : NOT_CONFIRMED)
    }
    if (passing !== null) {
      for (const unit of units) if (!unit.isSettled) this.#tell('retried', unit)
      if (isReply(passing, 'READONLY') || isReply(passing, 'NOSCRIPT')) this.#connection.drop()
      throw passing
    }
  }

  async #awaitReplicas(writer: Writer): Promise<Confirmation> {
    try {
      return await this.#confirmation.wait(writer)
    } catch (error) {
      this.#connection.drop()
      throw error
    }
  }

  /**
   * Returns the messages that close a batch. A write whose record is already stored changes nothing, and then WAIT
   * would prove nothing. A message always travels to the replicas, behind everything that this node did before.
   * INV-TOKENS-12.
   */
  #signals(units: PendingWrite[]): Signal[] {
    const signals = units.flatMap(({ signal }) => signal ?? [])
    return signals.length > 0 || !this.#options.rules.fence ? signals : [FENCE]
  }

  /** Heartbeats, readiness probes and attempts do not count as writes. */
  #tell(outcome: CommitOutcome, { durability, merges, askedAtMs }: PendingWrite): void {
    if (durability !== 'lasting' || merges.length === 0) return
    this.#options.observer.committed?.(outcome, merges.length, performance.now() - askedAtMs)
  }

  async #barrierIsClear(missing: readonly string[]): Promise<boolean> {
    return !this.#options.rules.barrier || this.#barrier.isClear(missing)
  }

  #tooLate(): StoreUnavailableError {
    const trouble = this.#trouble === null ? null : [this.#trouble, this.#barrier.problem].join(' ').trim()
    const reason = this.#group.problem() ?? trouble ?? 'The primary has not answered.'
    return new StoreUnavailableError(
      `The write was not acknowledged in time, so its outcome is unknown. ${reason}`,
    )
  }
}

function take<T>(all: Iterable<T>, most: number): T[] {
  const some: T[] = []
  for (const one of all) {
    if (some.length >= most) break
    some.push(one)
  }
  return some
}

function closedError(): StoreClosedError {
  return new StoreClosedError('The store was closed.')
}
