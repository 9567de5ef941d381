import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SWITCHOVER_STEPS, switchover } from '../../src/switchover/switchover.ts'

const DYING = programFile(new URL('../programs/dying-switchover.ts', import.meta.url))
let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
})

afterAll(() => dc.remove())

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  )

it('a switchover promotes another Redis, which has every write', async () => {
  const old = await dc.untilHealthy()
  expect(await dc.write('before', 'it')).toBe(true)
  const steps: string[] = []
  const report = await switchover({ stateDir: dc.stateDir, onProgress: ({ step }) => steps.push(step) })
  const now = await dc.untilHealthy()
  expect(report).toMatchObject({ from: `${old.host}:6379`, to: `${now.host}:6379`, mended: [] })
  expect(report.pausedMs).toBeGreaterThan(0)
  expect(now.host).not.toBe(old.host)
  expect(await dc.ask(now.host, ['GET', 'before'])).toEqual(['it'])
  expect(steps).toEqual(SWITCHOVER_STEPS)
  expect(await dc.priorities()).toEqual([100, 100, 100])
})

it('a switchover promotes the requested Redis', async () => {
  const old = await dc.untilHealthy()
  const wish = dc.topology.dataHosts.map(({ host }) => host).findLast((host) => host !== old.host) ?? ''
  await switchover({ stateDir: dc.stateDir, to: wish })
  expect((await dc.untilHealthy()).host).toBe(wish)
})

describe('a switchover changes nothing and refuses', () => {
  it('the current primary, or an unknown host, as its target', async () => {
    const { host } = await dc.untilHealthy()
    expect(await errorOf(switchover({ stateDir: dc.stateDir, to: host }))).toMatchObject({
      code: 'NOT_SAFE',
      message: `${host}:6379 is already the primary.`,
    })
    expect(await errorOf(switchover({ stateDir: dc.stateDir, to: '10.9.9.9' }))).toMatchObject({
      code: 'NOT_SAFE',
      message: expect.stringContaining('There is no Redis at "10.9.9.9"'),
    })
  })

  it.each([
    [
      'a replica',
      (primary: string) => (primary === 'redis-1' ? 'redis-2' : 'redis-1'),
      /^redis-[12]: .* A switchover is for a healthy data centre/,
    ],
    ['a Sentinel', () => 'sentinel-2', /^sentinel-2: .* A switchover is for a healthy data centre/],
  ])('to begin while %s hangs', async (_, victimBeside, message) => {
    const { name } = await dc.untilHealthy()
    const victim = victimBeside(name)
    await dc.control.signal(victim, 'SIGSTOP')
    try {
      const error = await errorOf(switchover({ stateDir: dc.stateDir }))
      expect(error).toMatchObject({ code: 'NOT_SAFE', message: expect.stringMatching(message) })
    } finally {
      await dc.control.signal(victim, 'SIGCONT')
    }
    expect((await dc.untilHealthy()).name).toBe(name)
  })
})

// INV-OPERATIONS-5.
it('a switchover that is interrupted before the promotion restores the priorities', async () => {
  const { host } = await dc.untilHealthy()
  const leaving = new AbortController()
  const error = await errorOf(
    switchover({
      stateDir: dc.stateDir,
      signal: leaving.signal,
      onProgress: ({ step }) => step === 'pause' && leaving.abort(),
    }),
  )
  expect(error).toMatchObject({
    code: 'SWITCHOVER_ABORTED',
    message: `The switchover was interrupted before the promotion. ${host}:6379 is the primary. The priorities are restored.`,
  })
  expect((await dc.untilHealthy()).host).toBe(host)
  expect(await dc.write('after', 'it')).toBe(true)
})

it.each(SWITCHOVER_STEPS.map((step) => [step]))(
  'killed when it came to "%s", the next one mends and is lossless',
  {
    timeout: 60_000,
  },
  async (step) => {
    await dc.untilHealthy()
    const value = `written before ${step}`
    expect(await dc.write(step, value)).toBe(true)
    const child = spawn(process.execPath, [DYING, dc.stateDir, step], { stdio: 'ignore' })
    const [, signal] = await once(child, 'close')
    expect(signal).toBe('SIGKILL')
    // By themselves: writes go on when the pause ends, or when the Sentinels have made the old primary a replica:
    // four of their publish periods, of a second each, after it answers again.
    await eventually(async () => expect(await dc.write('after', step)).toBe(true), 10_000)
    await dc.untilHealthy()
    const { mended } = await switchover({ stateDir: dc.stateDir })
    const hadPreferred = SWITCHOVER_STEPS.indexOf(step) > SWITCHOVER_STEPS.indexOf('prefer')
    expect(mended).toHaveLength(hadPreferred ? 1 : 0)
    const { host } = await dc.untilHealthy()
    expect(await dc.ask(host, ['GET', step])).toEqual([value])
    expect(await dc.priorities()).toEqual([100, 100, 100])
  },
)
