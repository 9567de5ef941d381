import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Answer, KeyOperation } from '../history/events.ts'
import { Random } from '../schedule/random.ts'
import { RefusedError } from '../systems/system.ts'
import type { Recorder } from './recorder.ts'

/** The counter that every application increments. */
const COUNTER = 'plain:counter'
/** Two counters that change together. */
const PAIR = ['plain:pair:one', 'plain:pair:two'] as const
/** The key of the register that one client alone writes. */
const registerOf = (client: string) => `plain:register:${client}`
/** The list of one application: its clients append to it. */
const listOf = (application: string) => `plain:list:${application}`

/** Elements that one `push` sends without waiting for an answer. */
const BURST = 5

export interface KeyContext {
  recorder: Recorder
  seed: number
  /** The applications whose registers a reader reads, and the clients of each that write. */
  applications: string[]
  writers: number
  application: string
  signal: AbortSignal
}

/** A client with a connection of its own, which does one thing at a time. */
abstract class KeyUser {
  protected readonly context: KeyContext
  protected readonly name: string
  protected readonly random: Random
  protected readonly redis: Redis
  #incarnation = 1

  constructor(context: KeyContext, name: string, redis: Redis) {
    this.context = context
    this.name = `${context.application}.${name}`
    this.random = new Random(context.seed, this.name)
    this.redis = redis
    redis.on('error', () => {
      // Each failed command reports its own error, and the end of a connection is recorded below.
    })
    let wasOpen = false
    redis.on('ready', () => {
      wasOpen = true
    })
    let ends = 0
    redis.on('close', () => {
      if (!wasOpen || context.signal.aborted) return
      wasOpen = false
      ends += 1
      void context.recorder.record(`${this.name}.connection-${ends}`, { operation: 'stay' }, () =>
        Promise.reject(new UnknownError('CLOSED', 'The connection has ended.')),
      )
    })
  }

  /** Acts at the given rate until the signal aborts. */
  async run(perSecond: number): Promise<void> {
    const pauseMs = 1000 / perSecond
    while (!this.context.signal.aborted) {
      const startedMs = performance.now()
      await this.act()
      const restMs = pauseMs * (0.5 + this.random.next()) - (performance.now() - startedMs)
      await sleep(Math.max(1, restMs), undefined, { signal: this.context.signal }).catch(() => {})
    }
    this.redis.disconnect()
  }

  protected abstract act(): Promise<void>

  protected get process(): string {
    return `${this.name}.${this.#incarnation}`
  }

  /** After an operation with an unknown outcome, the client continues under a new name. */
  protected async record(
    operation: KeyOperation,
    about: { key: string; value?: number; elements?: string[] },
    work: () => Promise<Answer>,
  ): Promise<void> {
    const { retired } = await this.context.recorder.record(this.process, { operation, ...about }, () =>
      work().catch((error: unknown) => {
        throw described(error)
      }),
    )
    if (retired) this.#incarnation += 1
  }
}

/** Sets its own register, increments, appends, and changes two keys at once. */
export class KeyWriter extends KeyUser {
  #value = 0
  #pushed = 0

  protected override async act(): Promise<void> {
    const draw = this.random.next()
    if (draw < 0.3) return this.#set()
    if (draw < 0.65) return this.#increment()
    return draw < 0.85 ? this.#push() : this.#add()
  }

  #set(): Promise<void> {
    const value = ++this.#value
    const key = registerOf(this.name)
    return this.record('set', { key, value }, async () => {
      await this.redis.set(key, value)
      return {}
    })
  }

  #increment(): Promise<void> {
    return this.record('incr', { key: COUNTER }, async () => ({ value: await this.redis.incr(COUNTER) }))
  }

  #push(): Promise<void> {
    const key = listOf(this.context.application)
    const elements = Array.from({ length: BURST }, () => `${this.name}#${++this.#pushed}`)
    return this.record('push', { key, elements }, async () => {
      const answers = await Promise.allSettled(elements.map((element) => this.redis.rpush(key, element)))
      const refused = answers.filter((answer) => answer.status === 'rejected')
      if (refused.length === 0) return {}
      // What is known of some elements does not hold for all of them.
      if (refused.length < answers.length) throw new UnknownError('UNCERTAIN', 'only some were answered')
      throw refused[0]?.reason
    })
  }

  #add(): Promise<void> {
    const [one, two] = PAIR
    return this.record('add', { key: one }, async () => ({
      values: numbersOf(await this.redis.multi().incr(one).incr(two).exec()),
    }))
  }
}

/** Reads the registers of all clients and the counter. Its reads never wait for a transaction, which counts as a write. */
export class KeyReader extends KeyUser {
  protected override act(): Promise<void> {
    const key = this.random.chance(0.75) ? this.#someRegister() : COUNTER
    return this.record('get', { key }, async () => ({ value: Number(await this.redis.get(key)) }))
  }

  #someRegister(): string {
    const { applications, writers } = this.context
    const application = applications[this.random.between(0, applications.length - 1)] ?? ''
    return registerOf(`${application}.w${this.random.between(0, writers - 1)}`)
  }
}

/** Reads the pair in a transaction. */
export class PairReader extends KeyUser {
  protected override act(): Promise<void> {
    const [one, two] = PAIR
    return this.record('compare', { key: one }, async () => ({
      values: numbersOf(await this.redis.multi().get(one).get(two).exec()),
    }))
  }
}

/** It is not known whether the operation ran. */
class UnknownError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The answers of a transaction. Throws its error, and one for a null answer, which means that nothing was done. */
function numbersOf(answers: [Error | null, unknown][] | null): [number, number] {
  if (answers === null) throw new RefusedError('NULL', new Error('EXEC answered null.'))
  const [one, two] = answers.map(([error, value]) => {
    if (error !== null) throw error
    return Number(value)
  })
  return [one ?? Number.NaN, two ?? Number.NaN]
}

/** These errors say that nothing was done: the proxy has no primary, or the memory of Redis is full. */
const REFUSALS = new Set(['UNAVAILABLE', 'OOM'])

/** Errors by the first word of Redis or of the proxy. */
function described(error: unknown): Error {
  if (error instanceof RefusedError || error instanceof UnknownError) return error
  const message = error instanceof Error ? error.message : String(error)
  const [word = ''] = message.split(' ', 1)
  if (REFUSALS.has(word)) return new RefusedError(word, error)
  return new UnknownError(/^[A-Z]+$/.test(word) ? word : 'CLIENT', message)
}
