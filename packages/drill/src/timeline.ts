/** What happened at one moment of a drill. */
export interface TimelineEvent {
  /** Since the drill began (in milliseconds). */
  atMs: number
  kind: 'load-begins' | 'fault-begins' | 'new-primary' | 'acknowledges' | 'fault-ends' | 'load-ends' | 'whole'
  text: string
}

/** The verifications that were due within one interval. */
interface Moment {
  /** The interval's beginning, since the drill began (in milliseconds). */
  atMs: number
  count: number
  failed: number
  medianMs: number
  longestMs: number
}

export interface LoginWait {
  /** When the login was due, since the drill began (in milliseconds). */
  atMs: number
  waitedMs: number
}

/** A drill in intervals, while the load ran. */
export interface TimelineReport {
  fromMs: number
  toMs: number
  /** The length of an interval (in milliseconds). */
  everyMs: number
  verifications: Moment[]
  /** The longest wait of each interval when there are more than {@link MAX_LOGINS}. */
  logins: LoginWait[]
  events: TimelineEvent[]
}

type Kind = 'verify' | 'login' | 'logout'

const MAX_MOMENTS = 240
const MIN_EVERY_MS = 100
const MAX_LOGINS = 400

/** Records when each request was due, and how long it took. Its methods take times of `performance.now()`. */
export class Timeline {
  readonly #startedAtMs: number
  readonly #due: Record<Kind, LoginWait[]> = { verify: [], login: [], logout: [] }
  readonly #failures: number[] = []
  readonly #events: TimelineEvent[] = []

  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs
  }

  record(kind: Kind, dueAtMs: number, waitedMs: number): void {
    this.#due[kind].push({ atMs: dueAtMs - this.#startedAtMs, waitedMs })
  }

  fail(kind: Kind, atMs: number): void {
    if (kind === 'verify') this.#failures.push(atMs - this.#startedAtMs)
  }

  mark(kind: TimelineEvent['kind'], text: string, atMs: number): void {
    this.#events.push({ atMs: Math.round(atMs - this.#startedAtMs), kind, text })
  }

  /** The requests between the beginning of the load and its end. */
  report(): TimelineReport {
    const at = (kind: TimelineEvent['kind']) => this.#events.find((event) => event.kind === kind)?.atMs
    const fromMs = at('load-begins') ?? 0
    const toMs = Math.max(fromMs, at('load-ends') ?? 0)
    const everyMs = Math.max(MIN_EVERY_MS, Math.ceil((toMs - fromMs) / MAX_MOMENTS / 100) * 100)
    const isWithin = ({ atMs }: { atMs: number }) => atMs >= fromMs && atMs <= toMs
    const logins = this.#due.login.filter(isWithin)
    return {
      fromMs,
      toMs,
      everyMs,
      verifications: moments(this.#due.verify.filter(isWithin), this.#failures, fromMs, everyMs),
      logins: (logins.length > MAX_LOGINS ? longestEach(logins, fromMs, everyMs) : logins).map(rounded),
      events: this.#events.toSorted((a, b) => a.atMs - b.atMs),
    }
  }
}

function moments(waits: LoginWait[], failures: number[], fromMs: number, everyMs: number): Moment[] {
  const index = (atMs: number) => Math.floor((atMs - fromMs) / everyMs)
  const failed = new Map<number, number>()
  for (const atMs of failures) failed.set(index(atMs), (failed.get(index(atMs)) ?? 0) + 1)
  const groups = Map.groupBy(waits, ({ atMs }) => index(atMs))
  return [...new Set([...groups.keys(), ...failed.keys()])]
    .filter((moment) => moment >= 0)
    .sort((a, b) => a - b)
    .map((moment) => {
      const sorted = (groups.get(moment) ?? []).map(({ waitedMs }) => waitedMs).sort((a, b) => a - b)
      return {
        atMs: Math.round(fromMs + moment * everyMs),
        count: sorted.length,
        failed: failed.get(moment) ?? 0,
        medianMs: tenths(sorted[Math.ceil(sorted.length / 2) - 1] ?? 0),
        longestMs: tenths(sorted.at(-1) ?? 0),
      }
    })
}

function longestEach(waits: LoginWait[], fromMs: number, everyMs: number): LoginWait[] {
  const groups = Map.groupBy(waits, ({ atMs }) => Math.floor((atMs - fromMs) / everyMs))
  return [...groups.values()].map((group) =>
    group.reduce((longest, wait) => (wait.waitedMs > longest.waitedMs ? wait : longest)),
  )
}

const rounded = ({ atMs, waitedMs }: LoginWait) => ({ atMs: Math.round(atMs), waitedMs: tenths(waitedMs) })

const tenths = (ms: number) => Math.round(ms * 10) / 10
