import type { DrillSession } from './acknowledged-sessions.ts'
import { startOpenLoop } from './open-loop.ts'
import type { Run } from './run.ts'

/** Deadline of one verification (in milliseconds). */
const VERIFY_TIMEOUT_MS = 10_000
/** Deadline of one login; longer than any failover, also with the reference timings (in milliseconds). */
export const LOGIN_TIMEOUT_MS = 60_000
/** Logins at once, before the load starts. */
const LOGIN_CONCURRENCY = 8
/** Every twentieth verification asks for a session that was logged out. */
const ENDED_EVERY = 20
const LOGOUTS_PER_SECOND = 1

/** The requests of simulated users, all through the balancer: logins, verifications, logouts. */
export interface Workload {
  /** Logs all of them in, a few at a time. */
  logInAll(names: readonly string[], signal: AbortSignal): Promise<void>
  /** Sends requests at a fixed rate, until `stop`. */
  start(options: { requestsPerSecond: number; loginsPerSecond: number; names: readonly string[] }): Running
}

interface Running {
  /**
   * Schedules no further request. Resolves when all open requests have ended, with the duration of the load (in
   * milliseconds). May be called again.
   */
  stop(): Promise<number>
}

export function createWorkload(
  run: Pick<Run, 'client' | 'target' | 'sessions' | 'metrics' | 'password'>,
): Workload {
  const { client, sessions, metrics, password } = run
  const { balancer } = run.target

  async function logIn(name: string, scheduledAtMs: number): Promise<void> {
    const end = metrics.loginWaits(scheduledAtMs)
    const outcome = await client.logIn(balancer, name, password, LOGIN_TIMEOUT_MS)
    end()
    metrics.done('login', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'ok') sessions.add({ ...outcome.value, user: name })
    else if (outcome.status === 'failed' && outcome.code === 'STORE_FULL' && metrics.refusalsAreRight)
      metrics.refusedLogins += 1
    else metrics.fail('login', outcome.what)
  }

  async function verify(session: DrillSession, scheduledAtMs: number): Promise<void> {
    const outcome = await client.whoAmI(balancer, session.token, VERIFY_TIMEOUT_MS)
    metrics.done('verify', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'failed') metrics.fail('verify', outcome.what)
    if (outcome.status === 'ok' && outcome.value !== session.user) {
      metrics.fail('verify', `the answer for session ${session.id} named another user`)
    }
    if (outcome.status === 'refused' && session.state === 'live') sessions.noteLoggedOut(session)
  }

  async function verifyEnded(session: DrillSession, scheduledAtMs: number): Promise<void> {
    const outcome = await client.whoAmI(balancer, session.token, VERIFY_TIMEOUT_MS)
    metrics.done('verify', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'failed') metrics.fail('verify', outcome.what)
    if (outcome.status === 'ok') sessions.noteUndone(session)
  }

  async function logOut(scheduledAtMs: number): Promise<void> {
    const session = sessions.takeForLogout()
    if (session === null) return
    const outcome = await client.logOut(balancer, session.token, LOGIN_TIMEOUT_MS)
    metrics.done('logout', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'ok') sessions.acknowledgeLogout(session, performance.now())
    else metrics.fail('logout', outcome.what)
  }

  return {
    async logInAll(names, signal) {
      const rest = names.values()
      const one = async () => {
        for (const name of rest) {
          if (signal.aborted) return
          await logIn(name, performance.now())
        }
      }
      await Promise.all(Array.from({ length: LOGIN_CONCURRENCY }, one))
    },

    start({ requestsPerSecond, loginsPerSecond, names }) {
      let verified = 0
      let loggedIn = 0
      const verifications = startOpenLoop({
        perSecond: requestsPerSecond,
        maxInFlight: 2000,
        send: async (scheduledAtMs) => {
          verified += 1
          const ended = verified % ENDED_EVERY === 0 ? sessions.nextEnded(performance.now()) : null
          if (ended) return verifyEnded(ended, scheduledAtMs)
          const session = sessions.next()
          if (session) await verify(session, scheduledAtMs)
        },
      })
      const logins = startOpenLoop({
        perSecond: loginsPerSecond,
        maxInFlight: 5000,
        send: (scheduledAtMs) => logIn(names[++loggedIn % names.length] ?? '', scheduledAtMs),
      })
      const logouts = startOpenLoop({ perSecond: LOGOUTS_PER_SECOND, maxInFlight: 1000, send: logOut })
      const startedAtMs = performance.now()
      let stopping: Promise<number> | null = null
      return {
        stop() {
          stopping ??= stopAll()
          return stopping
        },
      }

      async function stopAll(): Promise<number> {
        const loadMs = performance.now() - startedAtMs
        const ends = await Promise.all([verifications.stop(), logins.stop(), logouts.stop()])
        const operations = ['verify', 'login', 'logout'] as const
        for (const [index, { unsent }] of ends.entries()) {
          const operation = operations[index] ?? 'verify'
          for (let count = 0; count < unsent; count++)
            metrics.fail(operation, 'not sent: too many requests were open')
        }
        return loadMs
      }
    },
  }
}
