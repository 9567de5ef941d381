import { errorKind, isNull } from '../resp/reply.ts'
import { existing, type Look, withNews } from './look.ts'

/** A command that waits for an element of one of its keys. */
export interface Waiter {
  db: number
  keys: readonly Buffer[]
  /** Its keys are streams: that they exist does not mean that there is something for it. */
  isStream: boolean
  /** Looks for all clients with its login. */
  look: Look
  /** Sends the command in its form that does not wait. */
  ask: () => Promise<Buffer>
}

interface Entry {
  waiter: Waiter
  /** Its keys, as this list names them. */
  names: readonly string[]
  isAsked: boolean
  /** Something came for one of its keys while it was asked. */
  isMissed: boolean
  /** Its time is over, or its client ends. */
  isOver: boolean
  settle: (reply: Buffer | null) => void
}

/** How often all keys are looked at, while something was found recently and after a while without (in milliseconds). */
const LOOK_MS = 25
const MAX_LOOK_MS = 100
const SLOWER = 1.1
/** Redis needs less than a microsecond for a key. So looks take at most a few percent of its time. */
const LOOK_MS_PER_KEY = 0.025
/** Most commands that are asked at once for one key. */
const MAX_ASKED = 64

/**
 * All commands that wait for an element, in the order in which they came. Redis serves the client that has waited longest
 * first, and so does this list. A write of this proxy wakes those that wait for its keys at once. For writes of others it
 * looks at the keys of all that wait with one command at a time, so that a waiting client costs nothing by itself.
 * INV-PROXY-7.
 */
export class WaitingList {
  /** By key, each in the order of arrival. */
  readonly #entries = new Map<string, Set<Entry>>()
  /** The keys that are served now, until nothing more came for them. */
  readonly #serving = new Map<string, Promise<void>>()
  readonly #again = new Set<string>()
  /** The newest entry of each stream, by login, database and key. */
  readonly #newest = new Map<Look, Map<number, Map<string, string>>>()
  #size = 0
  #isLooking = false

  /** Commands that wait. */
  get size(): number {
    return this.#size
  }

  /** Waits, and resolves with the answer, or null after `timeoutMs` or when `end` is called. */
  wait(waiter: Waiter, timeoutMs: number): { reply: Promise<Buffer | null>; end: () => void } {
    const { promise, resolve } = Promise.withResolvers<Buffer | null>()
    const names = [...new Set(waiter.keys.map((key) => nameOf(waiter.db, key)))]
    const entry: Entry = { waiter, names, isAsked: false, isMissed: false, isOver: false, settle: () => {} }
    const end = () => {
      entry.isOver = true
      if (!entry.isAsked) entry.settle(null)
    }
    const untilMs = performance.now() + timeoutMs
    let timer: NodeJS.Timeout | undefined
    entry.settle = (reply) => {
      entry.settle = () => {}
      entry.isOver = true
      clearTimeout(timer)
      this.#leave(entry)
      resolve(reply)
    }
    this.#size += 1
    for (const name of names) {
      const others = this.#entries.get(name)
      if (others === undefined) this.#entries.set(name, new Set([entry]))
      else others.add(entry)
    }
    // An element that is there is not missed, however short the time is and however long the look takes.
    void this.#begin(entry).then(() => {
      if (entry.isOver || untilMs - performance.now() > MAX_TIMER_MS) return
      timer = setTimeout(end, Math.max(0, untilMs - performance.now()))
    })
    void this.#keepLooking()
    return { reply: promise, end }
  }

  /** A write that may have added elements to these keys was answered. */
  touched(db: number, keys: readonly Buffer[]): void {
    if (this.#size === 0) return
    for (const key of keys) void this.#serve(nameOf(db, key))
  }

  /** Elements that are there already belong to those that came earlier, so a newcomer is not asked before them. */
  async #begin(entry: Entry): Promise<void> {
    const { isStream, look, db } = entry.waiter
    if (isStream) return void (await this.#ask(entry))
    const found = await existing(look, db, keysOf(entry))
    await Promise.all(found.map((key) => this.#serve(`${db}:${key}`)))
  }

  /** Asks those that wait for a key, oldest first: twice as many at a time, for as long as each of them gets something. */
  #serve(name: string): Promise<void> {
    if (!this.#entries.has(name)) return Promise.resolve()
    this.#again.add(name)
    const serving = this.#serving.get(name) ?? this.#serveAll(name)
    this.#serving.set(name, serving)
    return serving
  }

  async #serveAll(name: string): Promise<void> {
    while (this.#again.delete(name)) await this.#serveOnce([...(this.#entries.get(name) ?? [])])
    this.#serving.delete(name)
  }

  async #serveOnce(candidates: Entry[]): Promise<void> {
    for (let at = 0, count = 1; at < candidates.length; count = Math.min(MAX_ASKED, count * 2)) {
      const next: Entry[] = []
      for (; next.length < count && at < candidates.length; at += 1) {
        const entry = candidates[at]
        if (entry?.isAsked) entry.isMissed = true
        else if (entry?.isOver === false) next.push(entry)
      }
      const gotSomething = await Promise.all(next.map((entry) => this.#ask(entry)))
      // Each reader of a stream has its own place in it; an element of a list can go to any client.
      if (next.some(({ waiter }, index) => !waiter.isStream && gotSomething[index] === false)) return
    }
  }

  /** Returns whether it got something, or an error that ends its wait. */
  async #ask(entry: Entry): Promise<boolean> {
    entry.isAsked = true
    const reply = await entry.waiter.ask()
    entry.isAsked = false
    // Nothing was done, and the client would not notice it behind a lone Redis.
    const isNothing = isNull(reply) || errorKind(reply) === 'UNAVAILABLE'
    if (!isNothing || entry.isOver) entry.settle(isNothing ? null : reply)
    else if (entry.isMissed) for (const name of entry.names) void this.#serve(name)
    entry.isMissed = false
    return !isNothing
  }

  async #keepLooking(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    let everyMs = LOOK_MS
    while (this.#size > 0) {
      const restMs = Math.max(everyMs, this.#entries.size * LOOK_MS_PER_KEY)
      await new Promise((resolve) => setTimeout(resolve, restMs))
      const found = await this.#lookAtAll()
      everyMs = found.length > 0 ? LOOK_MS : Math.min(MAX_LOOK_MS, everyMs * SLOWER)
      for (const name of found) void this.#serve(name)
    }
    this.#isLooking = false
    this.#newest.clear()
  }

  /** Looks once for each login and database of those that wait. */
  async #lookAtAll(): Promise<string[]> {
    const groups = new Map<Look, Map<number, { lists: Set<string>; streams: Set<string> }>>()
    for (const entry of [...this.#entries.values()].flatMap((entries) => [...entries])) {
      const { look, db, isStream } = entry.waiter
      const byDb = getOrAdd(groups, look, () => new Map())
      const group = getOrAdd(byDb, db, () => ({ lists: new Set<string>(), streams: new Set<string>() }))
      for (const key of keysOf(entry)) group[isStream ? 'streams' : 'lists'].add(key)
    }
    const looks = [...groups].flatMap(([look, byDb]) =>
      [...byDb].map(async ([db, { lists, streams }]) => {
        const newest = getOrAdd(
          getOrAdd(this.#newest, look, () => new Map()),
          db,
          () => new Map(),
        )
        for (const key of newest.keys()) if (!streams.has(key)) newest.delete(key)
        const found = await Promise.all([
          existing(look, db, [...lists]),
          withNews(look, db, [...streams], newest),
        ])
        return found.flat().map((key) => `${db}:${key}`)
      }),
    )
    return (await Promise.all(looks)).flat()
  }

  #leave(entry: Entry): void {
    this.#size -= 1
    for (const name of entry.names) {
      const others = this.#entries.get(name)
      others?.delete(entry)
      if (others?.size === 0) this.#entries.delete(name)
    }
  }
}

/** Longer timers fire at once. Such a wait has no end. */
const MAX_TIMER_MS = 2 ** 31 - 1

const nameOf = (db: number, key: Buffer) => `${db}:${key.toString('latin1')}`
const keysOf = ({ names, waiter }: Entry) => names.map((name) => name.slice(`${waiter.db}:`.length))

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}
