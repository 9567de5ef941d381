import { pause, sharedNowMs } from '../clock.ts'
import { type ClientKind, openClient, type SessionClient } from './failover-clients.ts'
import { serve } from './serve.ts'

/** An application under a steady load that does not depend on the results of its requests. */

export interface Load {
  verificationsPerSecond: number
  loginsPerSecond: number
  /** A verification without an answer after this time has failed (in milliseconds). */
  verifyTimeoutMs: number
  /** A login without an answer after this time has failed (in milliseconds). */
  loginTimeoutMs: number
}

export interface Observations {
  verifications: number
  failedVerifications: number
  slowestVerifyMs: number
  /** The errors, and how often each occurred. */
  failures: Record<string, number>
  failedLogins: number
  /** Every acknowledged login and its time (shared clock, ms), in the order of the acknowledgements. */
  acknowledged: { session: string; atMs: number }[]
}

let client: SessionClient
let stopped = false
let loops: Promise<unknown> = Promise.resolve()
const observed: Observations = {
  verifications: 0,
  failedVerifications: 0,
  slowestVerifyMs: 0,
  failures: {},
  failedLogins: 0,
  acknowledged: [],
}

/** Starts `work` at this rate, without waiting for its end (open loop). */
async function openLoop(perSecond: number, work: (turn: number) => Promise<void>): Promise<void> {
  const startMs = sharedNowMs()
  const running = new Set<Promise<void>>()
  for (let turn = 0; !stopped; turn++) {
    const dueMs = startMs + (1000 * turn) / perSecond
    if (dueMs > sharedNowMs()) await pause(Math.max(0, dueMs - sharedNowMs()))
    const one = work(turn).finally(() => running.delete(one))
    running.add(one)
  }
  await Promise.all(running)
}

async function logIn(user: number, timeoutMs: number): Promise<void> {
  try {
    const session = await withTimeout(client.logIn(user), timeoutMs)
    observed.acknowledged.push({ session, atMs: sharedNowMs() })
  } catch (error) {
    observed.failedLogins += 1
    note('login', error)
  }
}

async function verify(timeoutMs: number): Promise<void> {
  const { session } = observed.acknowledged[Math.floor(Math.random() * observed.acknowledged.length)] ?? {}
  if (session === undefined) return
  const startMs = sharedNowMs()
  observed.verifications += 1
  try {
    if (!(await withTimeout(client.verify(session), timeoutMs))) throw new Error('a user was logged out')
  } catch (error) {
    observed.failedVerifications += 1
    note('verification', error)
  }
  observed.slowestVerifyMs = Math.max(observed.slowestVerifyMs, sharedNowMs() - startMs)
}

function note(what: string, error: unknown): void {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\d{4,}/g, 'N')
  const reason = `${what}: ${message.slice(0, 80)}`
  observed.failures[reason] = (observed.failures[reason] ?? 0) + 1
}

async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const methods = {
  async start(how: ClientKind, load: Load): Promise<void> {
    client = await openClient(how)
    loops = Promise.all([
      openLoop(load.loginsPerSecond, (turn) => logIn(turn, load.loginTimeoutMs)),
      openLoop(load.verificationsPerSecond, () => verify(load.verifyTimeoutMs)),
    ])
  },

  /** Stops starting work, and waits for the running work. */
  async stop(): Promise<Observations> {
    stopped = true
    await loops
    return observed
  },
}

export type FailoverWorker = typeof methods
serve(methods)
