import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Latencies } from './latency.ts'
import { Timeline } from './timeline.ts'

/** One request with a wrong answer, or without one. */
export interface Failure {
  /** Since the drill began (in milliseconds). */
  atMs: number
  operation: Operation
  /** What came instead, such as `503 STORE_UNAVAILABLE by gateway-2`, `ECONNRESET`. */
  what: string
}

export type Operation = 'verify' | 'login' | 'logout'

const MAX_SAMPLES = 20
/** Max samples of the same kind: if the first hundred are alike, a different one tells more. */
const MAX_ALIKE = 3

/** Counts requests, their answers, and how long each took. */
export class LoadMetrics {
  readonly verify = new Latencies()
  readonly login = new Latencies()
  readonly logout = new Latencies()
  readonly failed: Record<Operation, number> = { verify: 0, login: 0, logout: 0 }
  readonly samples: Failure[] = []
  /** Logins may be rejected because the memory is full: that is the fault. */
  refusalsAreRight = false
  /** Logins that were rejected because the memory was full. They are not failures. */
  refusedLogins = 0
  /** Answers by server. */
  readonly servers = new Map<string, number>()
  readonly #waitingLogins = new Set<{ sinceMs: number }>()
  readonly startedAtMs = performance.now()
  readonly timeline = new Timeline(this.startedAtMs)
  readonly #ownDelay = monitorEventLoopDelay({ resolution: 10 })

  /** Call before the first request: what delayed the drill earlier, delayed no answer. */
  requestsBegin(): void {
    this.#ownDelay.enable()
  }

  /** The longest time since the first request for which this process was too busy to read answers (in milliseconds). */
  get ownDelayMs(): number {
    return this.#ownDelay.max / 1e6
  }

  get requests(): number {
    return this.verify.count + this.login.count + this.logout.count
  }

  get failedRequests(): number {
    return this.failed.verify + this.failed.login + this.failed.logout
  }

  /** Logins that are under way. */
  get waitingLogins(): number {
    return this.#waitingLogins.size
  }

  /** How long the oldest login that is under way has waited (in milliseconds); 0 when there is none. */
  oldestLoginMs(nowMs: number): number {
    const [oldest] = this.#waitingLogins
    return oldest === undefined ? 0 : nowMs - oldest.sinceMs
  }

  /** Notes that a login begins to wait; the returned function ends it. */
  loginWaits(sinceMs: number): () => void {
    const entry = { sinceMs }
    this.#waitingLogins.add(entry)
    return () => void this.#waitingLogins.delete(entry)
  }

  /** Notes that a request has ended, well or not. */
  done(operation: Operation, waitedMs: number, server: string | null): void {
    this[operation].record(waitedMs)
    this.timeline.record(operation, performance.now() - waitedMs, waitedMs)
    if (server !== null) this.servers.set(server, (this.servers.get(server) ?? 0) + 1)
  }

  fail(operation: Operation, what: string): void {
    this.failed[operation] += 1
    this.timeline.fail(operation, performance.now())
    const alike = this.samples.filter((one) => one.operation === operation && one.what === what)
    if (this.samples.length < MAX_SAMPLES && alike.length < MAX_ALIKE) {
      this.samples.push({ atMs: Math.round(performance.now() - this.startedAtMs), operation, what })
    }
  }
}
