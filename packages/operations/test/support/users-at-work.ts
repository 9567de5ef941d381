import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenStore } from '@holdfast/tokens'

/** Users of one application process: ten logins and a hundred verifications per second, with every failure recorded. */
export class UsersAtWork {
  readonly wrong: string[] = []
  readonly tokens: string[] = []
  verifications = 0
  readonly #store: TokenStore
  readonly #leaving = new AbortController()
  readonly #work: Promise<void>[]
  readonly #waiting = new Set<Promise<void>>()

  constructor(store: TokenStore) {
    this.#store = store
    this.#work = [this.#repeat(100, () => this.#logIn()), this.#repeat(10, () => this.#verify())]
  }

  /** Stops the users, and verifies every token that was ever issued. */
  async stop(): Promise<void> {
    this.#leaving.abort()
    await Promise.all([...this.#work, ...this.#waiting])
    for (const token of this.tokens) {
      const { status } = await this.#store.verify(token)
      if (status !== 'active') this.wrong.push(`${status} in the end`)
    }
  }

  /** Sends requests at fixed intervals, without waiting for earlier replies. */
  async #repeat(everyMs: number, request: () => Promise<void>): Promise<void> {
    while (!this.#leaving.signal.aborted) {
      const asked = request().finally(() => this.#waiting.delete(asked))
      this.#waiting.add(asked)
      await sleep(everyMs)
    }
  }

  async #logIn(): Promise<void> {
    try {
      this.tokens.push((await this.#store.issue({ subject: 'ada', device: 'laptop' })).token)
    } catch (error) {
      this.wrong.push(error instanceof Error ? error.message : String(error))
    }
  }

  async #verify(): Promise<void> {
    const token = this.tokens[Math.floor(Math.random() * this.tokens.length)]
    if (token === undefined) return
    const answer = await this.#store.verify(token)
    this.verifications += 1
    if (answer.status !== 'active') this.wrong.push(JSON.stringify(answer))
  }
}
