import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { Asked } from './rules/rule.ts'

/** How late an answer may be beyond its deadline, because this process or its machine is busy. */
const SLACK_MS = 100

interface PollOptions<Answer> {
  servers: readonly NodeAddress[]
  /** Asks one server. Rejects when it does not answer in time. */
  ask: (server: NodeAddress) => Promise<Answer>
  /** How long an answer counts after its question, in milliseconds: until the next one must have arrived. */
  maxAgeMs: number
  /** Called when a server has answered, or has not answered in time. */
  onAnswer: () => void
}

interface Polled<Answer> {
  server: NodeAddress
  isOpen: boolean
  askedAtMs: number
  answer: (Answer & Asked) | null
}

/**
 * Asks each of these servers the same question again and again. At most one question to a server is open at a time, and no
 * server waits for another: a server that hangs delays nothing.
 */
export class Poll<Answer extends object> {
  readonly #options: PollOptions<Answer>
  readonly #servers: Polled<Answer>[]

  constructor(options: PollOptions<Answer>) {
    this.#options = options
    this.#servers = options.servers.map((server) => {
      return { server, isOpen: false, askedAtMs: Number.NEGATIVE_INFINITY, answer: null }
    })
  }

  /**
   * Asks every server that was last asked a period ago; null: no server is asked now. Returns when the next server will be
   * due.
   */
  ask(periodOf: (address: string) => number | null, nowMs: number): number {
    let nextMs = Number.POSITIVE_INFINITY
    for (const polled of this.#servers) {
      const periodMs = periodOf(formatAddress(polled.server))
      if (polled.isOpen || periodMs === null) continue
      if (nowMs - polled.askedAtMs >= periodMs) this.#askOne(polled, nowMs)
      else nextMs = Math.min(nextMs, polled.askedAtMs + periodMs)
    }
    return nextMs
  }

  /** The last answers of the servers that answer now. An answer stays the same object until the next one. */
  answers(nowMs: number): (Answer & Asked)[] {
    return this.#servers.flatMap(({ answer }) =>
      answer !== null && nowMs - answer.askedAtMs <= this.#options.maxAgeMs + SLACK_MS ? [answer] : [],
    )
  }

  #askOne(polled: Polled<Answer>, askedAtMs: number): void {
    polled.isOpen = true
    polled.askedAtMs = askedAtMs
    const end = (answer: (Answer & Asked) | null) => {
      polled.isOpen = false
      polled.answer = answer
      this.#options.onAnswer()
    }
    this.#options.ask(polled.server).then(
      (answer) => end({ ...answer, askedAtMs }),
      () => end(null),
    )
  }
}
