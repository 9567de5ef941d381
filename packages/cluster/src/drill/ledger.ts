/** A login that was acknowledged, as the drill remembers it. Only `id` may be shown. */
export interface DrillSession {
  readonly id: string
  readonly user: string
  readonly token: string
  /** `asked`: the log-out was sent, its outcome is not known (yet), so either answer is right. */
  state: 'live' | 'asked' | 'ended'
  /** When the log-out was acknowledged, on the clock of `performance.now()`. */
  endedAtMs: number
}

/** A log-out must be refused everywhere this long after its acknowledgement (in milliseconds): the lease L. */
export const LEASE_MS = 1000

/** Everything that was acknowledged to the drill's users. The audit compares the data centre with it. */
export class Ledger {
  readonly #sessions: DrillSession[] = []
  #live: DrillSession[] = []
  /** In the order of their acknowledgements. */
  readonly #ended: DrillSession[] = []
  /** So many of those were acknowledged longer than the lease ago. */
  #ripe = 0
  readonly #loggedOut = new Set<string>()
  readonly #undone = new Set<string>()
  #turn = 0

  add(session: { id: string; user: string; token: string }): void {
    const entry: DrillSession = { ...session, state: 'live', endedAtMs: 0 }
    this.#sessions.push(entry)
    this.#live.push(entry)
  }

  /** The next live session in turn. */
  next(): DrillSession | null {
    if (this.#live.length === 0) return null
    this.#turn = (this.#turn + 1) % this.#live.length
    return this.#live[this.#turn] ?? null
  }

  /** A session whose log-out was acknowledged longer than the lease ago. */
  nextEnded(nowMs: number): DrillSession | null {
    for (;;) {
      const next = this.#ended[this.#ripe]
      if (next === undefined || nowMs - next.endedAtMs <= LEASE_MS) break
      this.#ripe += 1
    }
    this.#turn += 1
    return this.#ripe === 0 ? null : (this.#ended[this.#turn % this.#ripe] ?? null)
  }

  /** Takes the newest live session out of the rotation, for a log-out. */
  takeForLogout(): DrillSession | null {
    const session = this.#live.pop() ?? null
    if (session) session.state = 'asked'
    return session
  }

  acknowledgeLogout(session: DrillSession, nowMs: number): void {
    session.state = 'ended'
    session.endedAtMs = nowMs
    this.#ended.push(session)
  }

  /** A live session was refused: this user was logged out for no reason. It leaves the rotation. */
  noteLoggedOut(session: DrillSession): void {
    this.#loggedOut.add(session.id)
    this.#live = this.#live.filter((other) => other !== session)
  }

  /** An ended session was accepted. */
  noteUndone(session: DrillSession): void {
    this.#undone.add(session.id)
  }

  get live(): DrillSession[] {
    return this.#sessions.filter(({ state }) => state === 'live')
  }

  get ended(): readonly DrillSession[] {
    return this.#ended
  }

  get acknowledged(): number {
    return this.#sessions.length
  }

  /** Public ids of users who were logged out for no reason. */
  get loggedOutIds(): string[] {
    return [...this.#loggedOut]
  }

  /** Public ids of log-outs that did not last. */
  get undoneIds(): string[] {
    return [...this.#undone]
  }
}
