/** A session whose login was acknowledged. Only `id` may be printed. */
export interface DrillSession {
  readonly id: string
  readonly user: string
  readonly token: string
  /** `asked`: the logout was sent and is not acknowledged, so that either answer is right. */
  state: 'live' | 'asked' | 'ended'
  /** When the logout was acknowledged, on the clock of `performance.now()`. */
  endedAtMs: number
}

/** How long after its acknowledged logout a session may still be accepted (in milliseconds): the lease L. */
export const LEASE_MS = 1000

/** All logins and logouts that were acknowledged to users of the drill. The audit compares the data centre with them. */
export class AcknowledgedSessions {
  readonly #sessions: DrillSession[] = []
  #live: DrillSession[] = []
  /** In the order of their acknowledged logouts. */
  readonly #ended: DrillSession[] = []
  /** How many of those were acknowledged longer than the lease ago. */
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

  /** A session whose logout was acknowledged longer than the lease ago. */
  nextEnded(nowMs: number): DrillSession | null {
    for (;;) {
      const next = this.#ended[this.#ripe]
      if (next === undefined || nowMs - next.endedAtMs <= LEASE_MS) break
      this.#ripe += 1
    }
    this.#turn += 1
    return this.#ripe === 0 ? null : (this.#ended[this.#turn % this.#ripe] ?? null)
  }

  /** Removes the newest live session from the rotation, for a logout. */
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

  /** A gateway rejected a live session: its user was logged out for no reason. It leaves the rotation. */
  noteLoggedOut(session: DrillSession): void {
    this.#loggedOut.add(session.id)
    this.#live = this.#live.filter((other) => other !== session)
  }

  /** A gateway accepted an ended session. */
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

  /** Public ids of ended sessions that were accepted again. */
  get undoneIds(): string[] {
    return [...this.#undone]
  }
}
