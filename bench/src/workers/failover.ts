import { pause, sharedNowMs } from '../clock.ts'
import { type ClientKind, openClient, type SessionClient } from './failover-clients.ts'
import { serve } from './serve.ts'

/** An application under a steady load that does not depend on the results of its requests. */

export interface Load {
  verificationsPerSecond: number
  loginsPerSecond: number
  /** A verification without an answer after this time has failed (in milliseconds). */
  verifyPatienceMs: number
  /** A login without an answer after this time has failed (in milliseconds). */
  loginPatienceMs: number
}

export interface Experience {
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
let running: Promise<unknown> = Promise.resolve()
const seen: Experience = {
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
  const underWay = new Set<Promise<void>>()
  for (let turn = 0; !stopped; turn++) {
    const dueMs = startMs + (1000 * turn) / perSecond
    if (dueMs > sharedNowMs()) await pause(Math.max(0, dueMs - sharedNowMs()))
    const one = work(turn).finally(() => underWay.delete(one))
    underWay.add(one)
  }
  await Promise.all(underWay)
}

async function logIn(user: number, patienceMs: number): Promise<void> {
  try {
    const session = await within(client.logIn(user), patienceMs)
    seen.acknowledged.push({ session, atMs: sharedNowMs() })
  } catch (error) {
    seen.failedLogins += 1
    note('login', error)
  }
}

async function verify(patienceMs: number): Promise<void> {
  const { session } = seen.acknowledged[Math.floor(Math.random() * seen.acknowledged.length)] ?? {}
  if (session === undefined) return
  const startMs = sharedNowMs()
  seen.verifications += 1
  try {
    if (!(await within(client.verify(session), patienceMs))) throw new Error('a user was logged out')
  } catch (error) {
    seen.failedVerifications += 1
    note('verification', error)
  }
  seen.slowestVerifyMs = Math.max(seen.slowestVerifyMs, sharedNowMs() - startMs)
}

function note(what: string, error: unknown): void {
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\d{4,}/g, 'N')
  const reason = `${what}: ${message.slice(0, 80)}`
  seen.failures[reason] = (seen.failures[reason] ?? 0) + 1
}

async function within<T>(work: Promise<T>, patienceMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), patienceMs)
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
    running = Promise.all([
      openLoop(load.loginsPerSecond, (turn) => logIn(turn, load.loginPatienceMs)),
      openLoop(load.verificationsPerSecond, () => verify(load.verifyPatienceMs)),
    ])
  },

  /** Stops starting work, and waits for the running work. */
  async stop(): Promise<Experience> {
    stopped = true
    await running
    return seen
  },
}

export type FailoverWorker = typeof methods
serve(methods)
