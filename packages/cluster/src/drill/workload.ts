import type { DrillSession } from './ledger.ts'
import { startOpenLoop } from './open-loop.ts'
import type { Run } from './run.ts'

/** A verification that was not answered after this long has failed (in milliseconds). */
const VERIFY_TIMEOUT_MS = 10_000
/** Long enough to wait out any failover, with the reference timings too (in milliseconds). */
export const LOGIN_TIMEOUT_MS = 60_000
/** Logins of the crowd at the beginning that are under way at once. */
const CROWD_WIDTH = 8
/** One verification in so many is of a session that was logged out. */
const ENDED_SHARE = 20
const LOGOUTS_PER_SECOND = 1

/** What users do: they log in, are recognised, log out. All through the balancer. */
export interface Workload {
  /** Logs all of them in, a few at a time. */
  logInAll(names: readonly string[], signal: AbortSignal): Promise<void>
  /** Users at work at a fixed pace, until `stop`. */
  start(options: { requestsPerSecond: number; loginsPerSecond: number; names: readonly string[] }): Running
}

interface Running {
  /**
   * Plans no more; resolves when everything under way is answered or has failed, with how long requests were
   * planned for (in milliseconds). May be called again.
   */
  stop(): Promise<number>
}

export function createWorkload(
  run: Pick<Run, 'client' | 'target' | 'ledger' | 'tally' | 'password'>,
): Workload {
  const { client, ledger, tally, password } = run
  const { balancer } = run.target

  async function logIn(name: string, scheduledAtMs: number): Promise<void> {
    const end = tally.loginWaits(scheduledAtMs)
    const outcome = await client.logIn(balancer, name, password, LOGIN_TIMEOUT_MS)
    end()
    tally.done('login', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'ok') ledger.add({ ...outcome.value, user: name })
    else if (outcome.status === 'failed' && outcome.code === 'STORE_FULL' && tally.refusalsAreRight)
      tally.refusedLogins += 1
    else tally.fail('login', outcome.what)
  }

  async function verify(session: DrillSession, scheduledAtMs: number): Promise<void> {
    const outcome = await client.whoAmI(balancer, session.token, VERIFY_TIMEOUT_MS)
    tally.done('verify', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'failed') tally.fail('verify', outcome.what)
    if (outcome.status === 'ok' && outcome.value !== session.user) {
      tally.fail('verify', `session ${session.id} was taken for another user's`)
    }
    if (outcome.status === 'refused' && session.state === 'live') ledger.noteLoggedOut(session)
  }

  async function verifyEnded(session: DrillSession, scheduledAtMs: number): Promise<void> {
    const outcome = await client.whoAmI(balancer, session.token, VERIFY_TIMEOUT_MS)
    tally.done('verify', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'failed') tally.fail('verify', outcome.what)
    if (outcome.status === 'ok') ledger.noteUndone(session)
  }

  async function logOut(scheduledAtMs: number): Promise<void> {
    const session = ledger.takeForLogout()
    if (session === null) return
    const outcome = await client.logOut(balancer, session.token, LOGIN_TIMEOUT_MS)
    tally.done('logout', performance.now() - scheduledAtMs, outcome.server)
    if (outcome.status === 'ok') ledger.acknowledgeLogout(session, performance.now())
    else tally.fail('logout', outcome.what)
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
      await Promise.all(Array.from({ length: CROWD_WIDTH }, one))
    },

    start({ requestsPerSecond, loginsPerSecond, names }) {
      let verified = 0
      let loggedIn = 0
      const verifications = startOpenLoop({
        perSecond: requestsPerSecond,
        maxInFlight: 2000,
        send: async (scheduledAtMs) => {
          verified += 1
          const ended = verified % ENDED_SHARE === 0 ? ledger.nextEnded(performance.now()) : null
          if (ended) return verifyEnded(ended, scheduledAtMs)
          const session = ledger.next()
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
          for (let count = 0; count < unsent; count++) tally.fail(operation, 'never sent: too many waited')
        }
        return loadMs
      }
    },
  }
}
