import type { Verification } from '../../src/store/api/verification.ts'
import type { TokenStore } from '../../src/store/session/token-store.ts'
import { LEASE_MS, pause } from './lab.ts'

/** Asks about one token again and again; keeps when each question was put, and the answer. */
export class Asker {
  readonly answers: { askedAtMs: number; tookMs: number; answer: Verification }[] = []
  #stopped = false
  readonly #running: Promise<void>

  constructor(store: TokenStore, token: string, everyMs = 2) {
    this.#running = this.#ask(store, token, everyMs)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#running
  }

  /** Answers that said *active* although asked later than L after `sinceMs`. */
  staleSince(sinceMs: number) {
    return this.answers.filter(
      ({ askedAtMs, answer }) => answer.status === 'active' && askedAtMs > sinceMs + LEASE_MS,
    )
  }

  async #ask(store: TokenStore, token: string, everyMs: number): Promise<void> {
    while (!this.#stopped) {
      const askedAtMs = performance.now()
      const answer = await store.verify(token)
      this.answers.push({ askedAtMs, tookMs: performance.now() - askedAtMs, answer })
      await pause(everyMs)
    }
  }
}
