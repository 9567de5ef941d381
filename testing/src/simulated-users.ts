import { setTimeout as sleep } from 'node:timers/promises'
import type { TokenStore } from '@holdfast/tokens'

/** What each user does, over and over. */
export interface UserOptions {
  /** How many users log in, at each store. Default is 1. */
  logins?: number
  /** The pause after each login (in milliseconds). Default is 100. */
  loginPauseMs?: number
  /** Every n-th login is followed by its logout. Default: there are no logouts. */
  logoutEach?: number
  /** How many users verify a random live token, at each store. Default is 1. */
  verifiers?: number
  /** The pause after each verification (in milliseconds). Default is 10. */
  verifyPauseMs?: number
  /** The user name of all logins. Default is a name per user. */
  subject?: string
  /** The deadline of logins and logouts (in milliseconds). Default is the store's. */
  timeoutMs?: number
  /** Whether a pause begins with the request, and not with its answer. Then slow answers do not slow down the users. */
  isOpenLoop?: boolean
}

/** Users who log in, verify and log out at some stores of one data centre until the test stops them. */
export class SimulatedUsers {
  /** Tokens with an acknowledged login and no logout. */
  readonly loggedIn = new Set<string>()
  /** Tokens with an acknowledged logout. */
  readonly loggedOut = new Set<string>()
  /** Each failed request, and each verification of a live session that did not answer *active*. */
  readonly failures: string[] = []
  verifications = 0
  longestVerifyMs = 0
  readonly #options: UserOptions
  readonly #stopping = new AbortController()
  readonly #running: Promise<void>[]
  readonly #open = new Set<Promise<void>>()

  constructor(stores: readonly TokenStore[], options: UserOptions = {}) {
    this.#options = options
    const { subject, logins = 1, loginPauseMs = 100, verifiers = 1, verifyPauseMs = 10 } = options
    this.#running = stores.flatMap((store, index) => [
      ...Array.from({ length: logins }, (_, user) =>
        this.#repeat(loginPauseMs, (round) => this.#logIn(store, subject ?? `user-${index}-${user}`, round)),
      ),
      ...Array.from({ length: verifiers }, () => this.#repeat(verifyPauseMs, () => this.#verify(store))),
    ])
  }

  /**
   * Resolves when the users have done this much, however slow the machine is.
   * A test that counts what they did in the time of something else fails when that becomes faster.
   */
  async untilDone(least: { loggedIn?: number; loggedOut?: number; verifications?: number }): Promise<void> {
    const { loggedIn = 0, loggedOut = 0, verifications = 0 } = least
    const isDone = () =>
      this.loggedIn.size >= loggedIn &&
      this.loggedOut.size >= loggedOut &&
      this.verifications >= verifications
    const untilMs = performance.now() + 30_000
    while (!isDone()) {
      if (performance.now() > untilMs) throw new Error(`The users did too little: ${this.#counts()}`)
      await sleep(20)
    }
  }

  /** Resolves when every request has its answer. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([...this.#running, ...this.#open])
  }

  /** Stops the users, and verifies at `store` every session without a logout. */
  async stopAndVerify(store: TokenStore): Promise<void> {
    await this.stop()
    for (const token of this.loggedIn) {
      const { status } = await store.verify(token)
      if (status !== 'active') this.failures.push(`${status} in the end`)
    }
  }

  #counts(): string {
    const { loggedIn, loggedOut, verifications, failures } = this
    return JSON.stringify({ loggedIn: loggedIn.size, loggedOut: loggedOut.size, verifications, failures })
  }

  async #repeat(pauseMs: number, request: (round: number) => Promise<void>): Promise<void> {
    for (let round = 1; !this.#stopping.signal.aborted; round++) {
      const answered = request(round).finally(() => this.#open.delete(answered))
      this.#open.add(answered)
      if (this.#options.isOpenLoop !== true) await answered
      await sleep(pauseMs)
    }
  }

  async #logIn(store: TokenStore, subject: string, round: number): Promise<void> {
    const { timeoutMs, logoutEach = 0 } = this.#options
    const options = timeoutMs === undefined ? {} : { timeoutMs }
    try {
      const { token } = await store.issue({ subject, device: 'laptop' }, options)
      if (logoutEach > 0 && round % logoutEach === 0) {
        await store.revoke(token, options)
        this.loggedOut.add(token)
      } else this.loggedIn.add(token)
    } catch (error) {
      this.failures.push(String(error))
    }
  }

  async #verify(store: TokenStore): Promise<void> {
    const tokens = [...this.loggedIn]
    const token = tokens[Math.floor(Math.random() * tokens.length)]
    if (token === undefined) return
    const startMs = performance.now()
    const answer = await store.verify(token)
    this.longestVerifyMs = Math.max(this.longestVerifyMs, performance.now() - startMs)
    this.verifications += 1
    if (answer.status !== 'active') this.failures.push(JSON.stringify(answer))
  }
}
