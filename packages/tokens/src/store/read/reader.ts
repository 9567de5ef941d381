import { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreOverloadedError, StoreUnavailableError } from '../../errors.ts'
import type { TokenRecord } from '../../record/record.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { MARK_KEY, type Node } from '../../redis/node.ts'
import type { SafetyPolicy } from '../../safety-policy.ts'
import type { Answer, NoAnswer } from './answers.ts'
import { joinRecords, readRecord } from './node-queries.ts'
import { PrimaryReads } from './primary-reads.ts'

/** A query that any node can answer. */
export interface Question<T> {
  ask: (node: Node, timeoutMs: number) => Promise<T>
  /** Whether the answer of the primary alone is enough under a lease. A missing record may be on a newer primary. */
  primaryIsEnough: (answer: T) => boolean
  /** Combines the answers of several nodes. */
  join: (answers: T[]) => T
}

export interface ReaderOptions {
  /** How long only the primary is asked (in milliseconds). */
  hedgeMs: number
  /** Maximum number of waiting reads. One more is refused immediately, so that it does not delay the others. */
  maxWaiting: number
  leaseIsValid: () => boolean
  rules: SafetyPolicy
}

interface Found<T> {
  value: T
  fromPrimary: boolean
}

/** The pause between two rounds of queries, while too few nodes answer. */
const NEXT_ROUND_MS = 50

/**
 * Reads records. Under a valid lease it asks the primary first. If the primary has not answered after `hedgeMs`, or
 * without a lease, it asks every node and combines the answers of a majority. An acknowledged write is on two of
 * three nodes, so any two nodes include one that has it. A node whose data set does not have the group id has lost
 * its data and does not count.
 * INV-TOKENS-44.
 */
export class Reader {
  readonly #group: ReplicaGroup
  readonly #options: ReaderOptions
  readonly #primaryReads: PrimaryReads
  #slowPrimary: Node | null = null
  #waiting = 0
  #recovery: Promise<void> | null = null
  #trouble = ''

  constructor(group: ReplicaGroup, options: ReaderOptions) {
    this.#group = group
    this.#options = options
    this.#primaryReads = new PrimaryReads({
      hedgeMs: options.hedgeMs,
      isFresh: (node) => this.#primaryCounts(node),
      // Other reads do not wait for this node until it answers again.
      onLate: (node) => {
        this.#slowPrimary = node
      },
      onAnswer: (node) => {
        if (this.#slowPrimary === node) this.#slowPrimary = null
      },
      onFailure: (error) => this.#note(error),
    })
  }

  /** Reads that wait for their answer. */
  get size(): number {
    return this.#waiting
  }

  /**
   * Returns the answer, and whether the primary gave it alone under a valid lease. If there is no answer at the
   * deadline, returns the reason. Throws only `STORE_CLOSED`.
   */
  async ask<T>(question: Question<T>, deadline: Deadline): Promise<Answer<T> & { fromPrimary?: boolean }> {
    if (this.#waiting >= this.#options.maxWaiting) return this.#overloaded()
    this.#waiting += 1
    try {
      return await this.#askUntil(question, deadline)
    } finally {
      this.#waiting -= 1
    }
  }

  /** As {@link ask}, for the record under one key. */
  async readRecord(
    key: string,
    deadline: Deadline,
  ): Promise<Answer<TokenRecord | null> & { fromPrimary?: boolean }> {
    if (this.#waiting >= this.#options.maxWaiting) return this.#overloaded()
    this.#waiting += 1
    try {
      const { primary } = this.#group
      if (this.#primaryCounts(primary) && primary !== this.#slowPrimary && this.#mayWait(deadline)) {
        const early = await this.#primaryReads.get(primary, key)
        // If the primary does not know the token, that is not an answer: even under a lease, a newer primary may
        // have acknowledged the login meanwhile.
        if (early?.value === null) return await this.#askAll(recordQuestion(key), deadline)
        if (early !== null) {
          return { known: true, value: readRecord(primary, early.value), fromPrimary: true }
        }
        this.#group.alert()
      }
      return await this.#askUntil(recordQuestion(key), deadline)
    } catch (error) {
      if (error instanceof StoreUnavailableError) return { known: false, error }
      throw error
    } finally {
      this.#waiting -= 1
    }
  }

  /** Asks every node until a majority has answered. */
  async #askAll<T>(
    question: Question<T>,
    deadline: Deadline,
  ): Promise<Answer<T> & { fromPrimary?: boolean }> {
    const found = await this.#askQuorum(question, deadline, null)
    if (found === null) return this.#askUntil(question, deadline)
    return { known: true, value: found.value, fromPrimary: false }
  }

  // INV-TOKENS-26: bounds.
  #overloaded(): NoAnswer {
    const message = `${this.#options.maxWaiting} reads are waiting already. Try again in a moment.`
    return { known: false, error: new StoreOverloadedError(message) }
  }

  /**
   * An answer of the primary alone needs a lease. Without a lease, another node may be the primary, and this answer
   * may be outdated.
   */
  #primaryCounts(primary: Node | null): primary is Node {
    return primary !== null && this.#group.primary === primary && this.#options.leaseIsValid()
  }

  #mayWait(deadline: Deadline): boolean {
    return deadline.remainingMs >= this.#options.hedgeMs
  }

  async #askUntil<T>(
    question: Question<T>,
    deadline: Deadline,
  ): Promise<Answer<T> & { fromPrimary?: boolean }> {
    do {
      if (!this.#mayAnswer() && !(await deadline.race(this.#untilMayAnswer()))) break
      const answer = await this.#askOnce(question, deadline)
      if (answer !== null) return { known: true, value: answer.value, fromPrimary: answer.fromPrimary }
      await this.#group
        .waitForChange(new Deadline(Math.min(NEXT_ROUND_MS, deadline.remainingMs)))
        .catch(rethrowClosed)
    } while (!deadline.isOver)
    const cause = this.#group.problem() ?? `Too few nodes answered in time. ${this.#trouble}`.trim()
    return { known: false, error: new StoreUnavailableError(cause) }
  }

  /** Whether the primary alone may answer, or enough nodes are connected. */
  #mayAnswer(): boolean {
    const { primary, nodes, readQuorum } = this.#group
    return this.#primaryCounts(primary) || nodes.filter(({ isUp }) => isUp).length >= readQuorum
  }

  /**
   * Resolves when a read may get an answer. All reads share one wait: in an outage, thousands of them that ask again
   * and again would take the processor time that the process needs to reconnect.
   */
  #untilMayAnswer(): Promise<void> {
    this.#recovery ??= this.#watchNodes().finally(() => {
      this.#recovery = null
    })
    return this.#recovery
  }

  async #watchNodes(): Promise<void> {
    while (this.#waiting > 0 && !this.#mayAnswer()) {
      await this.#group.waitForChange(new Deadline(NEXT_ROUND_MS)).catch(rethrowClosed)
    }
  }

  async #askOnce<T>(question: Question<T>, deadline: Deadline): Promise<Found<T> | null> {
    const { primary } = this.#group
    if (!this.#primaryCounts(primary)) return this.#askQuorum(question, deadline, null)
    const fromPrimary = this.#askPrimary(primary, question, deadline)
    if (primary !== this.#slowPrimary) {
      const early = await within(fromPrimary, Math.min(this.#options.hedgeMs, deadline.remainingMs))
      // Other reads do not wait for this node until it answers again.
      if (early === 'late') this.#slowPrimary = primary
      else if (early?.fromPrimary) return early
      if (early === 'late' || early === null) this.#group.alert()
    }
    return this.#askQuorum(question, deadline, { primary, answer: fromPrimary })
  }

  async #askPrimary<T>(primary: Node, question: Question<T>, deadline: Deadline): Promise<Found<T> | null> {
    try {
      const value = await question.ask(primary, Math.max(1, deadline.remainingMs))
      if (this.#slowPrimary === primary) this.#slowPrimary = null
      if (!this.#primaryCounts(primary)) return null
      return { value, fromPrimary: question.primaryIsEnough(value) }
    } catch (error) {
      this.#note(error)
      return null
    }
  }

  /**
   * Resolves with whichever comes first: the late answer of the primary, the combined answer of a majority, or null
   * if no node is being asked. A node that fails is asked again while another one hangs: a promotion closes the
   * connections of a healthy node, and waiting for the hung one would cost the read its whole time.
   * INV-TOKENS-56.
   */
  #askQuorum<T>(
    question: Question<T>,
    deadline: Deadline,
    asked: { primary: Node; answer: Promise<Found<T> | null> } | null,
  ): Promise<Found<T> | null> {
    const { nodes, readQuorum: quorum } = this.#group
    return new Promise((resolve) => {
      const answers: T[] = []
      let pending = nodes.length
      let isOver = nodes.length === 0
      const end = (found: Found<T> | null) => {
        isOver = true
        resolve(found)
      }
      const note = (answer: Found<T> | null) => {
        pending -= 1
        if (answer !== null) answers.push(answer.value)
        if (answer?.fromPrimary) end(answer)
        else if (answers.length >= quorum) end({ value: question.join(answers), fromPrimary: false })
        else if (pending === 0) end(null)
      }
      const askUntilAnswered = async (node: Node) => {
        let answer = await (node === asked?.primary
          ? asked.answer
          : this.#askMember(node, question, deadline))
        note(answer)
        while (answer === null) {
          await deadline.pause(NEXT_ROUND_MS)
          if (isOver || deadline.isOver) return
          pending += 1
          answer = await this.#askMember(node, question, deadline)
          note(answer)
        }
      }
      if (isOver) resolve(null)
      for (const node of nodes) void askUntilAnswered(node)
    })
  }

  /** Returns the answer of a node if its data set has the group id at that time. */
  async #askMember<T>(node: Node, question: Question<T>, deadline: Deadline): Promise<Found<T> | null> {
    const timeoutMs = Math.max(1, deadline.remainingMs)
    try {
      const [value, mark] = await Promise.all([
        question.ask(node, timeoutMs),
        node.read(['GET', MARK_KEY], timeoutMs),
      ])
      const text = Buffer.isBuffer(mark) ? mark.toString() : null
      const counts = this.#group.isOurs(text) || !this.#options.rules.mark
      return counts ? { value, fromPrimary: false } : null
    } catch (error) {
      this.#note(error)
      return null
    }
  }

  /** Remembers the last problem, to explain a read that has no answer. */
  #note(error: unknown): void {
    this.#trouble = error instanceof Error ? error.message : String(error)
  }
}

function recordQuestion(key: string): Question<TokenRecord | null> {
  return {
    ask: async (node, timeoutMs) => readRecord(node, await node.read(['GET', key], timeoutMs)),
    primaryIsEnough: (record) => record !== null,
    join: (records) => records.reduce(joinRecords, null),
  }
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

function rethrowClosed(error: unknown): void {
  if (error instanceof StoreClosedError) throw error
}
