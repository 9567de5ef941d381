import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { buildClockShim, MONOTONIC_ONLY, ShiftableClock } from '@holdfast/testing'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { tokenKey } from '../../src/inspect.ts'
import type { SafetyRule } from '../../src/safety-policy.ts'
import type { RedisStoreOptions } from '../../src/store/api/options.ts'
import type { IssuedToken, TokenStore } from '../../src/store/session/token-store.ts'
import type { Call, Options } from './clock-application.ts'
import { Lab, pause, until } from './lab.ts'

const MINUTES = 60_000
const HOURS = 60 * MINUTES
/** A busy machine answers late; what it answers is what counts. */
const PATIENT = { timeoutMs: 20_000 }
const BEHIND = /^This server's clock is 40 min behind the data centre's\./
const AHEAD = /^This server's clock is 40 min ahead of the data centre's\./

let folder: string
let shim: string
let clocks = 0
/** With the machine's own clocks. */
let lab: Lab
let others: TokenStore
const applications: Application[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-test-'))
  shim = await buildClockShim(folder)
  lab = await Lab.start()
  others = await lab.openStore()
})
afterAll(async () => {
  for (const application of applications) await application.stop()
  await lab.stop()
  await rm(folder, { recursive: true, force: true })
})

const newClock = () => ShiftableClock.create(join(folder, `clock-${++clocks}`), shim)

interface Result {
  value?: unknown
  error?: { code?: string; message: string }
}

/** An application in a process of its own, with clocks of its own. */
class Application {
  readonly clock: ShiftableClock
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (result: Result) => void>()
  #calls = 0

  private constructor(clock: ShiftableClock, child: ChildProcess) {
    this.clock = clock
    this.#child = child
    if (child.stdout === null) throw new Error('It has no standard output.')
    createInterface(child.stdout).on('line', (line) => {
      const { number, ...result } = JSON.parse(line) as Result & { number: number }
      this.#waiting.get(number)?.(result)
    })
  }

  static async start(
    {
      aheadMs = 0,
      rulesOff = [],
      store = lab.storeOptions(),
    }: { aheadMs?: number; rulesOff?: SafetyRule[]; store?: RedisStoreOptions } = {},
    localAddress?: string,
  ): Promise<Application> {
    const clock = await newClock()
    await clock.shift(aheadMs)
    const file = fileURLToPath(new URL('clock-application.ts', import.meta.url))
    const child = spawn(process.execPath, [file], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...clock.env },
    })
    const options: Options = { store, rulesOff, localAddress }
    child.stdin.write(`${JSON.stringify(options)}\n`)
    const application = new Application(clock, child)
    applications.push(application)
    return application
  }

  get pids(): number[] {
    return [this.#child.pid ?? 0]
  }

  /** What a method of its store returned, or why it failed. */
  call(method: Call['method'], ...args: unknown[]): Promise<Result> {
    const call: Call = { number: ++this.#calls, method, args }
    this.#child.stdin?.write(`${JSON.stringify(call)}\n`)
    return new Promise((resolve) => this.#waiting.set(call.number, resolve))
  }

  /** As {@link call}, of a method that must not fail. */
  async value<T>(method: Call['method'], ...args: unknown[]): Promise<T> {
    const { value, error } = await this.call(method, ...args)
    if (error !== undefined) throw new Error(`${method}: ${error.message}`)
    return value as T
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}

const status = async (verification: Promise<unknown>) => ((await verification) as { status: string }).status

// INV-TOKENS-42.
it.concurrent('an application whose machine was suspended does not answer from its cache, and would without the rule', {
  timeout: 120_000,
}, async () => {
  const { token } = await others.issue({ subject: 'suspended' })
  // Long enough that it has not ended by the monotonic clock when the process goes on.
  const leaseMs = 3000
  /** The statuses that a process answers when it goes on after the lease, and a logout elsewhere that it did not hear of. */
  const answers = async (host: string, rulesOff: SafetyRule[]) => {
    const store = { ...lab.storeOptions(), leaseMs }
    const application = await Application.start({ rulesOff, store }, lab.network.addHost(host))
    await application.value('ready')
    await until('it answers from its cache', async () => {
      await application.value('verify', token)
      return (await application.value('verifyNow', token)) !== null
    })
    return {
      suspend: async () => {
        await application.clock.stop(application.pids, MONOTONIC_ONLY)
        lab.network.cut([host], ['a', 'b', 'c', 'sa', 'sb', 'sc'])
      },
      goOn: async () => {
        const asked = [1, 2, 3].map(() => application.value<{ status: string }>('verify', token))
        application.clock.resume()
        const statuses = (await Promise.all(asked)).map((answer) => answer.status)
        return [...new Set(statuses)]
      },
    }
  }
  const [kept, broken] = await Promise.all([
    answers('suspended', []),
    answers('suspended-without-rule', ['standing-clock']),
  ])
  await Promise.all([kept.suspend(), broken.suspend()])
  await others.revoke(token)
  await pause(leaseMs + 500)
  expect(await kept.goOn()).toEqual(['unavailable'])
  expect(await broken.goOn()).toEqual(['active'])
})

// INV-TOKENS-7.
it.concurrent('an application whose clock is wrong refuses logins, is not ready, and calls no session expired', {
  timeout: 120_000,
}, async () => {
  const live = await others.issue({ subject: 'wrong' })
  const ended = await others.issue({ subject: 'wrong', idleMs: 1000 })
  const [behind, ahead] = await Promise.all([
    Application.start({ aheadMs: -40 * MINUTES }),
    Application.start({ aheadMs: 40 * MINUTES }),
  ])
  for (const [application, reason] of [
    [behind, BEHIND],
    [ahead, AHEAD],
  ] as const) {
    const refused = { error: { code: 'STORE_UNAVAILABLE', message: expect.stringMatching(reason) } }
    expect(await application.call('ready', { timeoutMs: 10_000 })).toEqual(refused)
    expect(await application.call('issue', { subject: 'ben' })).toEqual(refused)
    expect(await application.call('take', [{ name: 'ben', limit: 5, windowMs: 900_000 }])).toEqual(refused)
    const report = await application.value('status')
    expect(report).toMatchObject({ readable: false, writable: false, problem: expect.stringMatching(reason) })
    expect(await status(application.value('verify', live.token, PATIENT))).toBe('active')
    expect(await application.value('verify', ended.token, PATIENT)).toMatchObject({
      status: 'unavailable',
      cause: expect.stringMatching(reason),
    })
    const listed = await application.value<IssuedToken[]>('list', 'wrong')
    expect(listed.map(({ id }) => id)).toEqual([live.id])
  }
  expect(await others.verify(ended.token, PATIENT)).toMatchObject({ status: 'inactive', reason: 'expired' })
  // A log-out needs no clock.
  expect(await behind.value('revoke', live.token)).toMatchObject({ revoked: true })
  expect(await others.verify(live.token, PATIENT)).toMatchObject({ status: 'inactive', reason: 'revoked' })
})

it.concurrent('a clock that steps is noticed by the next login, and logins go on when it is right again', {
  timeout: 120_000,
}, async () => {
  const application = await Application.start()
  await application.value('ready')
  const { token } = await application.value<IssuedToken>('issue', { subject: 'step' })
  for (const [stepMs, reason] of [
    [40 * MINUTES, AHEAD],
    [-40 * MINUTES, BEHIND],
  ] as const) {
    await application.clock.shift(stepMs)
    const refused = { error: { code: 'STORE_UNAVAILABLE', message: expect.stringMatching(reason) } }
    expect(await application.call('issue', { subject: 'step' })).toEqual(refused)
    expect(await status(application.value('verify', token, PATIENT))).toBe('active')
    await application.clock.shift(0)
    await application.value('issue', { subject: 'step' })
  }
})

it.concurrent('a login by a clock that is 25 h ahead hides no session from a list and from revokeSubject', {
  timeout: 120_000,
}, async () => {
  const early = [await others.issue({ subject: 'hidden' }), await others.issue({ subject: 'hidden' })]
  const ahead = await Application.start({ aheadMs: 25 * HOURS, rulesOff: ['checked-clock'] })
  await ahead.value('ready')
  await ahead.value('issue', { subject: 'hidden' })
  expect(await others.list('hidden')).toHaveLength(3)
  expect((await others.revokeSubject('hidden')).revokedIds).toHaveLength(3)
  for (const { token } of early) {
    expect(await others.verify(token, PATIENT)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  }
})

it('no session ends by the clock of a primary or of a promoted replica', { timeout: 120_000 }, async () => {
  const [a, b, c] = [await newClock(), await newClock(), await newClock()]
  const own = await Lab.start({ clocks: [a, b, c] })
  onTestFinished(() => own.stop())
  const store = await own.openStore()
  const issued: string[] = []
  const login = async (by: TokenStore) => {
    const { token } = await by.issue({ subject: `user-${issued.length}` })
    issued.push(token)
  }
  const keptOn = async (host: 'a' | 'b' | 'c') => {
    const keys = issued.map((token) => tokenKey(token) ?? '')
    return Number(await own.group.run(own.redis(host), 'EXISTS', ...keys))
  }
  /** What a process says that has just started. */
  const statuses = async () => {
    const fresh = await own.openStore()
    return [...new Set(await Promise.all(issued.map((token) => status(fresh.verify(token, PATIENT)))))]
  }
  for (let user = 0; user < 20; user++) await login(store)

  await a.shift(40 * MINUTES)
  await pause(2000)
  await login(store)
  expect(await statuses()).toEqual(['active'])
  expect([await keptOn('a'), await keptOn('b'), await keptOn('c')]).toEqual([21, 21, 21])
  await a.shift(0)

  await c.shift(13 * HOURS)
  await own.prefer('c')
  await own.redis('a').kill()
  await until('c is primary', () => own.isPrimary('c'))
  await login(store)
  await login(await own.openStore())
  expect(await statuses()).toEqual(['active'])
  expect([await keptOn('b'), await keptOn('c')]).toEqual([23, 23])
})

it('what ended by the clocks of all is removed from every node, and what did not end stays', {
  timeout: 120_000,
}, async () => {
  const clocks = [await newClock(), await newClock(), await newClock()]
  const own = await Lab.start({ clocks })
  onTestFinished(() => own.stop())
  const store = await own.openStore()
  const ending = await Promise.all(Array.from({ length: 300 }, () => store.issue({ subject: 'ann' })))
  const staying = await store.issue({ subject: 'ann', idleMs: 2 * HOURS })
  const { token } = await store.issue({ subject: 'ann' })
  await store.revoke(token)
  await store.close()
  for (const clock of clocks) await clock.shift(40 * MINUTES)
  const application = await Application.start({ aheadMs: 40 * MINUTES, store: own.storeOptions() })
  await application.value('ready')
  const kept = (tokens: string[]) =>
    Promise.all(
      own.group.redis.map(async (server) => {
        return Number(await own.group.run(server, 'EXISTS', ...tokens.map((one) => tokenKey(one) ?? '')))
      }),
    )
  const endingTokens = ending.map((session) => session.token)
  await until('they are removed', async () => String(await kept(endingTokens)) === '0,0,0')
  expect(await kept([staying.token, token])).toEqual([2, 2, 2])
  expect(await status(application.value('verify', staying.token, PATIENT))).toBe('active')
})
