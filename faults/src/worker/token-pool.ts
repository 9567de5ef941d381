import type { Random } from '../schedule/random.ts'

/** A token that a worker issued. */
export interface KnownToken {
  id: string
  token: string
  subject: string
  /** A short idle lifetime, or null for the default. */
  idleMs: number | null
}

const MAX_KNOWN_TOKENS = 600
const RECENT = 25

/** The tokens that a worker knows, live and ended, including the tokens of other workers. */
export class TokenPool {
  #all: KnownToken[] = []
  #live: KnownToken[] = []
  #ended: KnownToken[] = []
  readonly #seen = new Set<string>()

  add(token: KnownToken): void {
    if (this.#seen.has(token.id)) return
    this.#seen.add(token.id)
    this.#all = [...this.#all.slice(1 - MAX_KNOWN_TOKENS), token]
    this.#live = [...this.#live.slice(1 - MAX_KNOWN_TOKENS), token]
  }

  /** Marks a token as ended, because a client has requested its end. */
  end(id: string): void {
    const token = this.#live.find((live) => live.id === id)
    if (token === undefined) return
    this.#live = this.#live.filter((live) => live !== token)
    this.#ended = [...this.#ended.slice(1 - MAX_KNOWN_TOKENS), token]
  }

  endSubject(subject: string, exceptId: string | undefined): void {
    for (const { id, subject: other } of [...this.#live]) {
      if (other === subject && id !== exceptId) this.end(id)
    }
  }

  /** Picks a token for a verification. Most often this is a token that any worker has just issued or ended. */
  pickToVerify(random: Random): KnownToken | null {
    const draw = random.next()
    const place = random.next()
    if (draw < 0.35) return at(this.#ended.slice(-RECENT), place) ?? at(this.#all, place)
    if (draw < 0.7) return at(this.#live.slice(-RECENT), place) ?? at(this.#all, place)
    return at(this.#all, place)
  }

  /** Picks a live token for a change. `lasting` excludes tokens with a short idle lifetime. */
  pickToChange(random: Random, { lasting = false } = {}): KnownToken | null {
    const fit = lasting ? this.#live.filter(({ idleMs }) => idleMs === null) : this.#live
    return at(fit, random.next())
  }
}

function at<T>(all: readonly T[], place: number): T | null {
  return all[Math.floor(place * all.length)] ?? null
}
