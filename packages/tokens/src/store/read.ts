import { Deadline } from '../deadline.ts'
import { StoreClosedError, StoreOverloadedError, StoreUnavailableError } from '../errors.ts'
import type { TokenRecord } from '../record/record.ts'
import type { ReplicaGroup } from '../redis/group.ts'
import { MARK_KEY, type Node } from '../redis/node.ts'
import type { Answer, NoAnswer } from './backend.ts'
import { joinRecords, readRecord } from './commands.ts'
import { PrimaryReads } from './primary-reads.ts'
import type { SafetyRule } from './rules.ts'

/** A question that any node can answer. */
export interface Question<T> {
  ask: (node: Node, timeoutMs: number) => Promise<T>
  /** Whether the primary may say so alone, under a lease: what it lacks may be on a newer primary. */
  primaryIsEnough: (answer: T) => boolean
  /** What several nodes' answers say together. */
  join: (answers: T[]) => T
}

export interface ReaderOptions {
  /** How long the primary is asked alone (in milliseconds). */
  hedgeMs: number
  /** Maximum number of waiting reads. One more is refused immediately, so that it does not delay the others. */
  maxWaiting: number
  leaseIsValid: () => boolean
  rulesOff: ReadonlySet<SafetyRule>
}

interface Found<T> {
  value: T
  fromPrimary: boolean
}

/** Between two rounds of asking, while too few nodes answer. */
const NEXT_ROUND_MS = 50

/**
 * Reads. Under a valid lease the primary is asked first; when it has not answered after `hedgeMs`, or without a
 * lease, every node is asked, and what a majority says together holds: an acknowledged write is on two nodes of
 * three, so any two of them meet it. A node whose data set does not carry the group's mark has lost its data and
 * does not count.
 * INV-TOKENS-44.
 */
export class Reader {
  readonly #group: ReplicaGroup
  readonly #options: ReaderOptions
  readonly #primaryReads: PrimaryReads
  #slowPrimary: Node | null = null
  #waiting = 0
  #trouble = ''

  constructor(group: ReplicaGroup, options: ReaderOptions) {
    this.#group = group
    this.#options = options
    this.#primaryReads = new PrimaryReads({
      hedgeMs: options.hedgeMs,
      isFresh: (node) => this.#primaryCounts(node),
      // Until it answers again, other reads do not wait for it.
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
   * The answer, or why there is none by the deadline; with it, whether the primary gave it alone, under a
   * valid lease. Throws only `STORE_CLOSED`.
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
        // That it knows no such token is no answer: a lease does not rule out that a login was acknowledged on a
        // newer primary meanwhile.
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

  /** Asks every node, until a majority has answered. */
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

  /** What a primary says alone needs a lease: without one another may be primary, and this one says what was true. */
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
      const answer = await this.#askOnce(question, deadline)
      if (answer !== null) return { known: true, value: answer.value, fromPrimary: answer.fromPrimary }
      await this.#group
        .waitForChange(new Deadline(Math.min(NEXT_ROUND_MS, deadline.remainingMs)))
        .catch(rethrowClosed)
    } while (!deadline.isOver)
    const cause = this.#group.problem() ?? `Too few nodes answered in time. ${this.#trouble}`.trim()
    return { known: false, error: new StoreUnavailableError(cause) }
  }

  async #askOnce<T>(question: Question<T>, deadline: Deadline): Promise<Found<T> | null> {
    const { primary } = this.#group
    if (!this.#primaryCounts(primary)) return this.#askQuorum(question, deadline, null)
    const fromPrimary = this.#askPrimary(primary, question, deadline)
    if (primary !== this.#slowPrimary) {
      const early = await within(fromPrimary, Math.min(this.#options.hedgeMs, deadline.remainingMs))
      // Until it answers again, other reads do not wait for it.
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

  /** Resolves with the first of: the primary's own late answer, a majority's joint answer, null. */
  #askQuorum<T>(
    question: Question<T>,
    deadline: Deadline,
    asked: { primary: Node; answer: Promise<Found<T> | null> } | null,
  ): Promise<Found<T> | null> {
    const { nodes, readQuorum: quorum } = this.#group
    return new Promise((resolve) => {
      const answers: T[] = []
      let pending = nodes.length
      const settle = (answer: Found<T> | null) => {
        pending -= 1
        if (answer !== null) answers.push(answer.value)
        if (answers.length >= quorum) resolve({ value: question.join(answers), fromPrimary: false })
        else if (pending === 0) resolve(null)
      }
      if (nodes.length === 0) resolve(null)
      for (const node of nodes) {
        if (node === asked?.primary) {
          void asked.answer.then((answer) => {
            if (answer?.fromPrimary) resolve(answer)
            settle(answer)
          })
        } else {
          void this.#askMember(node, question, deadline).then(settle)
        }
      }
    })
  }

  /** A node's answer, if its data set carries the mark at the time. */
  async #askMember<T>(node: Node, question: Question<T>, deadline: Deadline): Promise<Found<T> | null> {
    const timeoutMs = Math.max(1, deadline.remainingMs)
    try {
      const [value, mark] = await Promise.all([
        question.ask(node, timeoutMs),
        node.read(['GET', MARK_KEY], timeoutMs),
      ])
      const text = Buffer.isBuffer(mark) ? mark.toString() : null
      const counts = this.#group.isOurs(text) || this.#options.rulesOff.has('mark')
      return counts ? { value, fromPrimary: false } : null
    } catch (error) {
      this.#note(error)
      return null
    }
  }

  /** Keeps the last trouble, to explain a read that found no answer. */
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
