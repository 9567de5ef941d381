import {
  createRedisStore,
  type RedisStoreOptions,
  type StoreObserver,
  type TokenStore,
  type VerificationPath,
} from '@holdfast/tokens'
import { sharedNowMs } from '../clock.ts'
import { contentOf } from '../content.ts'
import {
  asNewString,
  forEachOf,
  type Latencies,
  runInLoops,
  runInSequence,
  type Throughput,
  timeInLoops,
} from '../loops.ts'
import { serve } from './serve.ts'

/** An application process with a Holdfast store. */

const CONCURRENCY = 64

let store: TokenStore
let tokens: string[] = []
const paths: Record<VerificationPath, number> = { token: 0, cache: 0, primary: 0, quorum: 0 }
const observer: StoreObserver = {
  verified(_status, path) {
    paths[path] += 1
  },
}

async function verifyActive(token: string | undefined): Promise<void> {
  const { status } = await store.verify(token ?? '')
  if (status !== 'active') throw new Error(`The answer for a live token was ${status}.`)
}

/** Measures verifications, and checks that they used the path under test. */
async function verifyOnPath<T extends Throughput>(
  path: VerificationPath,
  work: () => Promise<T>,
): Promise<T> {
  const before = paths[path]
  const measured = await work()
  const onOtherPaths = measured.count - (paths[path] - before)
  if (onOtherPaths > measured.count / 20)
    throw new Error(`${onOtherPaths} of ${measured.count} verifications did not use the path ${path}.`)
  return measured
}

const methods = {
  async open(options: RedisStoreOptions): Promise<void> {
    store = createRedisStore({ ...options, observer })
    await store.ready()
    // Wait until the first heartbeats have established the lease.
    while (store.status().leaseRemainingMs === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  },

  /** Logs in the users `first`, `first + 1`, …. Later verifications use these tokens. Returns the tokens. */
  async logIn(count: number, first = 0): Promise<string[]> {
    tokens = new Array<string>(count)
    await forEachOf(count, CONCURRENCY, async (turn) => {
      tokens[turn] = (await store.issue(contentOf(first + turn))).token
    })
    return tokens
  },

  verifyCachedInSequence: (durationMs: number) =>
    verifyOnPath('cache', () => {
      const arrived = tokens.map((token) => Buffer.from(token))
      return runInSequence(durationMs, (turn) => verifyActive(asNewString(arrived[turn % arrived.length])))
    }),

  verifyFromPrimary: (durationMs: number, concurrency: number) =>
    verifyOnPath('primary', () =>
      runInLoops(durationMs, concurrency, (turn) => verifyActive(tokens[turn % tokens.length])),
    ),

  issue: (durationMs: number, concurrency: number): Promise<Latencies> =>
    timeInLoops(durationMs, concurrency, async (turn) => {
      await store.issue(contentOf(turn))
    }),

  /** Logs in `count` users, starting at `first`. Returns the rate and the tokens. */
  async issueMany(count: number, concurrency: number, first: number) {
    const issued = new Array<string>(count)
    const startMs = performance.now()
    await forEachOf(count, concurrency, async (turn) => {
      issued[turn] = (await store.issue(contentOf(first + turn))).token
    })
    return { perSecond: (1000 * count) / (performance.now() - startMs), tokens: issued }
  },

  /** Ends the sessions of one user after another. Returns the duration of each call (in milliseconds). */
  async endSessionsOf(users: number, first: number): Promise<number[]> {
    const tookMs: number[] = []
    for (let user = first; user < first + users; user++) {
      const startMs = performance.now()
      await store.revokeSubject(contentOf(user).subject)
      tookMs.push(performance.now() - startMs)
    }
    return tookMs
  },

  async revokeAll(): Promise<void> {
    await forEachOf(tokens.length, CONCURRENCY, async (turn) => {
      await store.revoke(tokens[turn] ?? '')
    })
  },

  /** The times of the call and of the acknowledgement of a revocation (shared clock, ms). */
  async revoke(token: string): Promise<{ calledMs: number; acknowledgedMs: number }> {
    const calledMs = sharedNowMs()
    await store.revoke(token)
    return { calledMs, acknowledgedMs: sharedNowMs() }
  },

  async verify(token: string): Promise<void> {
    await verifyActive(token)
  },

  /**
   * The call times of the first verification that refused the token and of the last one that accepted it (shared
   * clock, ms).
   */
  async refusal(token: string, timeoutMs: number): Promise<{ firstRefusedMs: number; lastActiveMs: number }> {
    const startMs = sharedNowMs()
    let lastActiveMs = startMs
    while (lastActiveMs - startMs < timeoutMs) {
      const calledMs = sharedNowMs()
      const { status } = await store.verify(token)
      if (status === 'inactive') return { firstRefusedMs: calledMs, lastActiveMs }
      lastActiveMs = calledMs
      await new Promise((resolve) => setImmediate(resolve))
    }
    throw new Error(`A revoked token was not refused within ${timeoutMs} ms.`)
  },

  /** The share of a core that this process uses without requests (in percent). */
  async idle(durationMs: number): Promise<number> {
    const startMs = performance.now()
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, durationMs))
    const { user, system } = process.cpuUsage(before)
    return (100 * (user + system)) / 1000 / (performance.now() - startMs)
  },
}

export type HoldfastWorker = typeof methods
serve(methods)
