import { pause, sharedNowMs } from '../clock.ts'
import type { RedisClient } from './client.ts'
import type { Journal } from './journal.ts'

export interface Rates {
  reads: number
  writes: number
}

/** What a client noticed. */
export interface Noticed {
  commands: number
  /** Commands that were answered with an error, or not at all. */
  failed: number
  /** The longest time that a command took (in milliseconds). */
  longestMs: number
  /** Reads of less than what was acknowledged before the read began. */
  stale: number
  /** Those of them of less than what was acknowledged longer than the lease before that. */
  staleBeyondLease: number
  /** Connections that ended. Null: the client does not tell. */
  ended: number | null
  /** The reasons of failures, and how often each came. */
  failures: Record<string, number>
}

/** How long a stop waits for the answers of what was sent (in milliseconds). */
const ANSWERS_MS = 30_000
/** Slack between the clocks of processes and the lease (in milliseconds). */
const TICK_MS = 5

/** Commands at a steady rate, however slow the answers are, as the users of an application send them. */
export class Load {
  readonly #client: RedisClient
  readonly #journal: Journal
  readonly #leaseMs: number
  readonly #waiting: (() => Promise<void>)[] = []
  readonly #underWay = new Map<object, number>()
  readonly #noticed: Omit<Noticed, 'ended'> = {
    commands: 0,
    failed: 0,
    longestMs: 0,
    stale: 0,
    staleBeyondLease: 0,
    failures: {},
  }
  #reads = 0
  #writes = 0
  #isStopped = false
  #loops: Promise<unknown> = Promise.resolve()

  constructor(client: RedisClient, journal: Journal, leaseMs: number) {
    this.#client = client
    this.#journal = journal
    this.#leaseMs = leaseMs
  }

  /** Makes a first key, so that there is something to read, and begins. */
  async start({ reads, writes }: Rates): Promise<void> {
    await this.#set()
    this.#loops = Promise.all([
      this.#repeat(reads, () => this.#read()),
      this.#repeat(writes, () => this.#write()),
    ])
  }

  /** Sends nothing more. What is not answered within some seconds has failed. */
  async stop(): Promise<Noticed> {
    this.#isStopped = true
    await this.#loops
    const untilMs = sharedNowMs() + ANSWERS_MS
    while (this.#underWay.size + this.#waiting.length > 0 && sharedNowMs() < untilMs) await pause(20)
    const nowMs = sharedNowMs()
    for (const startMs of this.#underWay.values()) {
      this.#failed('It was never answered.')
      this.#noticed.longestMs = Math.max(this.#noticed.longestMs, nowMs - startMs)
    }
    for (const _ of this.#waiting) this.#failed('No connection of the client was free.')
    return { ...this.#noticed, ended: this.#client.ended() }
  }

  async #repeat(perSecond: number, work: () => Promise<void>): Promise<void> {
    const startMs = sharedNowMs()
    for (let turn = 0; !this.#isStopped; turn++) {
      const dueMs = startMs + (1000 * turn) / perSecond
      if (dueMs > sharedNowMs()) await pause(Math.max(0, dueMs - sharedNowMs()))
      this.#noticed.commands += 1
      this.#waiting.push(work)
      this.#sendNext()
    }
  }

  #sendNext(): void {
    while (this.#underWay.size < this.#client.maxInFlight) {
      const work = this.#waiting.shift()
      if (work === undefined) return
      const one = {}
      this.#underWay.set(one, sharedNowMs())
      void work().finally(() => {
        this.#underWay.delete(one)
        this.#sendNext()
      })
    }
  }

  #write(): Promise<void> {
    const { counts } = this.#client
    this.#writes += 1
    if (counts === undefined || this.#writes % 3 === 0) return this.#set()
    return this.#writes % 3 === 1 ? this.#increment(counts) : this.#push(counts)
  }

  async #set(): Promise<void> {
    const { key, value, end } = this.#journal.nextSet()
    const isDone = await this.#observe(() => this.#client.set(key, value))
    end(isDone ? sharedNowMs() : null)
  }

  async #increment(counts: NonNullable<RedisClient['counts']>): Promise<void> {
    let answer: number | null = null
    await this.#observe(async () => {
      answer = await counts.increment(this.#journal.counter)
    })
    this.#journal.incremented(answer, sharedNowMs())
  }

  async #push(counts: NonNullable<RedisClient['counts']>): Promise<void> {
    const element = this.#journal.nextElement()
    if (await this.#observe(() => counts.push(this.#journal.list, element))) this.#journal.pushed(element)
  }

  async #read(): Promise<void> {
    const { counter, readableKeys: keys } = this.#journal
    this.#reads += 1
    const readsCounter = this.#client.counts !== undefined && this.#reads % 2 === 0
    const key = readsCounter ? counter : (keys[this.#reads % keys.length] ?? '')
    const startMs = sharedNowMs()
    const least = this.#journal.leastAt(key, startMs)
    const leastBeyond = this.#journal.leastAt(key, startMs - this.#leaseMs - TICK_MS)
    await this.#observe(async () => {
      const number = (await this.#client.get(key)) ?? 0
      if (number < least) this.#noticed.stale += 1
      if (number < leastBeyond) this.#noticed.staleBeyondLease += 1
    })
  }

  async #observe(work: () => Promise<void>): Promise<boolean> {
    const startMs = sharedNowMs()
    try {
      await work()
      return true
    } catch (error) {
      this.#failed(error instanceof Error ? error.message : String(error))
      return false
    } finally {
      this.#noticed.longestMs = Math.max(this.#noticed.longestMs, sharedNowMs() - startMs)
    }
  }

  #failed(message: string): void {
    this.#noticed.failed += 1
    const text = message.replaceAll(/<[^>]*>|\s+/g, ' ')
    const reason = text
      .replaceAll(/\d{3,}/g, 'N')
      .replaceAll(/ +/g, ' ')
      .slice(0, 100)
    this.#noticed.failures[reason] = (this.#noticed.failures[reason] ?? 0) + 1
  }
}
