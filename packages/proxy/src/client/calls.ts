import { encodeCommand } from '../resp/request-parser.ts'
import type { Call } from '../streams/call.ts'
import type { Answers } from './answers.ts'
import type { ClientHost } from './host.ts'
import type { Login } from './login.ts'
import type { ConnectionState } from './own-answers.ts'

/** How often a command is tried again that could not be sent (in milliseconds). */
const TRY_AGAIN_MS = 25

/** A command, or the commands of a transaction, as they are forwarded, with their names in lower case. */
export interface Forwarded {
  names: readonly string[]
  commands: readonly Buffer[]
  /** They change nothing. */
  isRead?: boolean
  /** What the client gets of the server's answer. By default all of it. */
  shown?: (reply: Buffer) => Buffer
}

/**
 * The commands of one client that are on their way to Redis. It counts those without an answer, by which the client
 * keeps its commands in order.
 */
export class Calls {
  readonly #host: ClientHost
  readonly #state: ConnectionState
  readonly #login: Login
  readonly #answers: Answers
  #reads = 0
  #writes = 0
  #isGone = false

  constructor(host: ClientHost, state: ConnectionState, login: Login, answers: Answers) {
    this.#host = host
    this.#state = state
    this.#login = login
    this.#answers = answers
  }

  /** Reads without an answer. */
  get reads(): number {
    return this.#reads
  }

  /** Writes, and reads that joined them, without an answer. */
  get writes(): number {
    return this.#writes
  }

  /** The client has gone: what was not sent is not sent any more. */
  get isGone(): boolean {
    return this.#isGone
  }

  leave(): void {
    this.#isGone = true
  }

  read(forwarded: Forwarded): void {
    this.#reads += 1
    const answer = this.#answers.reserve()
    this.#login.streams?.read.add(
      this.#make(forwarded, (reply) => {
        this.#reads -= 1
        answer(reply)
      }),
    )
  }

  /** `onAnswer` is called before the client gets the answer. */
  write(forwarded: Forwarded, onAnswer = () => {}): void {
    const call = this.writeCall(forwarded, onAnswer)
    this.#login.streams?.write.add(call)
  }

  /** Counts a write and reserves its answer. `onAnswer` is called before the client gets it. */
  writeCall(forwarded: Forwarded, onAnswer: (reply: Buffer) => void): Call {
    const answer = this.#answers.reserve()
    this.#writes += 1
    return this.#make(forwarded, (reply) => {
      this.#writes -= 1
      onAnswer(reply)
      answer(reply)
    })
  }

  /** Asks one command for the proxy itself, and returns its answer. */
  ask(name: string, args: readonly Buffer[], isRead: boolean): Promise<Buffer> {
    return new Promise((resolve) => {
      const call = this.#make({ names: [name], commands: [encodeCommand(args)], isRead }, resolve)
      if (isRead) this.#login.streams?.read.add(call)
      else this.#login.streams?.write.add(call)
    })
  }

  /** Tries until it works, for as long as a command may wait. */
  async whileHeld<T>(work: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + this.#host.holdMs
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (performance.now() >= untilMs || this.#isGone) throw error
        await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS))
      }
    }
  }

  /** Resolves when every write is answered, or the client has gone. */
  async untilWritten(): Promise<void> {
    while (this.#writes > 0 && !this.#isGone) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  #make({ names, commands, isRead = false, shown }: Forwarded, answer: (reply: Buffer) => void): Call {
    return {
      db: this.#state.db,
      commands,
      names,
      isTransaction: false,
      isRead,
      sender: this,
      untilMs: performance.now() + this.#host.holdMs,
      isAbandoned: () => this.#isGone,
      answer: shown === undefined ? answer : (reply) => answer(shown(reply)),
    }
  }
}
