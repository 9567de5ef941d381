import { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreOverloadedError, StoreUnavailableError } from '../../errors.ts'
import { Backoff } from '../../redis/backoff.ts'
import type { Connection, Reply } from '../../redis/connection.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { MARK_KEY, type Node } from '../../redis/node.ts'
import { confirmers, parseReplication, type ReplicationView } from '../../redis/replication.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import { SCRIPTS } from '../../scripts/scripts.ts'
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
import type { MergeRequest } from './requests.ts'

/** The connection that carries the writes, and the term of the primary for which it was opened. */
interface Writer {
  node: Node
  connection: Connection
  term: number
  /** The replication id of the primary when the connection was opened. */
  replid: string
  /** What the primary reported about its replicas after the last batch. */
  view: ReplicationView | null
}

/** Which replicas have confirmed a batch. */
interface Confirmation {
  /** Whether every planned replica has it. */
  complete: boolean
  /** Whether enough members have it: together with the primary they are a majority. */
  followed: boolean
  /** The planned replicas that have not confirmed it. */
  missing: string[]
}

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
/** How long a batch waits for all connected replicas. After that, one replica that has it is enough. */
const ALL_REPLICAS_MS = 300
/** If the primary does not answer at all within this time, the connection is closed and the batch is sent again. */
const BATCH_TIMEOUT_MS = 1000
/** Batches do not wait for a replica that has not confirmed anything for longer (in seconds). */
const MAX_LAG_SECONDS = 1
/** How long to wait for a primary before the reason is recorded and the search starts again. */
const RETRY_TIMEOUT_MS = 250
/** How long writes do not wait for a replica after it did not confirm in time. */
const RELUCTANT_MS = 1000

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
  #units = new Set<PendingWrite>()
  #writer: Writer | null = null
  #running = false
  #closed = false
  #reluctantUntilMs = 0
  #trouble: string | null = null

  constructor(group: ReplicaGroup, barrier: EpochBarrier, options: CommitterOptions) {
    this.#group = group
    this.#barrier = barrier
    this.#options = options
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
    this.#writer?.connection.close()
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
        const writer = await this.#openWriter()
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

  /** Returns a connection to the current primary with every script loaded. Throws while there is no primary. */
  async #openWriter(): Promise<Writer> {
    const { primary, term } = this.#group
    if (this.#writer?.term === term && this.#writer.connection.isOpen) return this.#writer
    this.#dropWriter()
    if (primary === null) {
      await this.#group.waitForChange(new Deadline(RETRY_TIMEOUT_MS)).catch(() => {})
      throw new StoreUnavailableError(this.#group.problem() ?? 'The primary has just changed.')
    }
    const replid = primary.view?.replid ?? ''
    const connection = await primary.openConnection()
    try {
      const [mark, info] = await Promise.all([
        connection.send(['GET', MARK_KEY], BATCH_TIMEOUT_MS),
        connection.send(['INFO', 'replication'], BATCH_TIMEOUT_MS),
        ...Object.values(SCRIPTS).map(({ source }) =>
          connection.send(['SCRIPT', 'LOAD', source], BATCH_TIMEOUT_MS),
        ),
      ])
      // Checked on the socket that will carry the writes, because the address may belong to another group by now.
      if (!this.#group.isOurs(Buffer.isBuffer(mark) ? mark.toString() : null)) {
        throw new StoreUnavailableError(`${primary.address} does not hold data of this group any more.`)
      }
      // The process has restarted, and its new term has not begun. Its confirmations must not count for the old
      // process.
      if (parseReplication(String(info)).replid !== replid) {
        throw new StoreUnavailableError(`${primary.address} has restarted.`)
      }
    } catch (error) {
      connection.close()
      throw error
    }
    if (this.#closed) {
      connection.close()
      throw closedError()
    }
    this.#writer = { node: primary, connection, term, replid, view: null }
    return this.#writer
  }

  #dropWriter(): void {
    this.#writer?.connection.close()
    this.#writer = null
  }

  /** Closes the write connection and returns the reason. */
  #leave(reason: unknown): unknown {
    this.#dropWriter()
    return reason
  }

  /** Sends one batch and resolves its writes, or throws and leaves them to be sent again. INV-TOKENS-13. */
  async #commit(writer: Writer, units: PendingWrite[]): Promise<void> {
    const { connection, term } = writer
    const batch = new Batch(units)
    const results = Promise.allSettled(batch.commands.map((command) => evaluate(connection, command)))
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
      if (isReply(passing, 'READONLY') || isReply(passing, 'NOSCRIPT')) this.#dropWriter()
      throw passing
    }
  }

  /**
   * Waits until replicas have everything that was sent on this socket before, and asks the primary which replicas
   * these are. WAIT counts every connected replica, even one that no Sentinel would promote, and such a replica
   * proves nothing (FACT-10).
   * INV-TOKENS-17.
   */
  async #awaitReplicas(writer: Writer): Promise<Confirmation> {
    const { node, connection } = writer
    const sentAtMs = performance.now()
    const { wanted, foreign } = this.#replicasToWaitFor(writer)
    const waiting = connection.send(['WAIT', String(wanted), String(ALL_REPLICAS_MS)], BATCH_TIMEOUT_MS)
    const looking = this.#options.rules.members
      ? connection.send(['INFO', 'replication'], BATCH_TIMEOUT_MS)
      : ''
    let replies: Reply[]
    try {
      replies = await Promise.all([waiting, looking])
    } catch (error) {
      // It is unknown whether the WAIT ran, and no later WAIT can show it: WAIT refers to writes of its own
      // connection (FACT-7).
      throw this.#leave(error)
    }
    const confirmed = Number(replies[0])
    if (confirmed < wanted) {
      this.#reluctantUntilMs = performance.now() + RELUCTANT_MS
      this.#group.alert()
    }
    const planned = this.#group.plannedFollowers(node.address)
    if (!this.#options.rules.members) return this.#confirmation(confirmed, planned)
    const view = parseReplication(String(replies[1]))
    if (view.replid !== writer.replid) {
      // The node was a replica of another node meanwhile, and may have discarded the earlier writes.
      throw this.#leave(new StoreUnavailableError(`${node.address} has been a replica.`))
    }
    writer.view = view
    const has = new Set(confirmers(view, confirmed).filter((address) => !this.#group.isUnsupported(address)))
    const members = planned.filter((address) => has.has(address))
    this.#barrier.noteConfirmed(members, sentAtMs)
    const confirmation = this.#confirmation(
      members.length,
      planned.filter((address) => !has.has(address)),
    )
    // An unexpected replica that is not a member ended the WAIT before a member could confirm. Try again.
    return foreignIn(view, planned) > foreign ? { ...confirmation, followed: false } : confirmation
  }

  // INV-TOKENS-18: majority.
  #confirmation(count: number, missing: string[]): Confirmation {
    return {
      complete: count >= this.#group.plannedReplicas && this.#group.knowsMembers,
      followed: count >= this.#group.leastReplicas,
      missing,
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

  /**
   * How many replicas a batch waits for: all connected replicas that keep up, but at least the required number plus
   * the replicas that are not members.
   */
  #replicasToWaitFor({ node, view: lastView }: Writer): { wanted: number; foreign: number } {
    const view = lastView ?? node.view
    const foreign = view === null ? 0 : foreignIn(view, this.#group.plannedFollowers(node.address))
    const least = this.#group.leastReplicas + foreign
    const keepUp = view?.replicas.filter(({ lagSeconds }) => lagSeconds <= MAX_LAG_SECONDS).length ?? 0
    return { wanted: performance.now() < this.#reluctantUntilMs ? least : Math.max(least, keepUp), foreign }
  }

  #tooLate(): StoreUnavailableError {
    const trouble = this.#trouble === null ? null : [this.#trouble, this.#barrier.problem].join(' ').trim()
    const reason = this.#group.problem() ?? trouble ?? 'The primary has not answered.'
    return new StoreUnavailableError(
      `The write was not acknowledged in time, so its outcome is unknown. ${reason}`,
    )
  }
}

function evaluate(connection: Connection, { script, keys, args }: WriteCommand): Promise<Reply> {
  return connection.send(['EVALSHA', script.sha, String(keys.length), ...keys, ...args], BATCH_TIMEOUT_MS)
}

/** The number of connected replicas that are not members of the group. */
function foreignIn({ replicas }: ReplicationView, planned: readonly string[]): number {
  return replicas.filter(({ address }) => !planned.includes(address)).length
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
