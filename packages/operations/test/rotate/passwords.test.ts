import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { StateFolder } from '@holdfast/local/state/folder'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { platformPassword } from '@holdfast/site/render/derived-secrets'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { leaseNetwork } from '@holdfast/testing/leases'
import { connectionIds } from '@holdfast/testing/local/application'
import { eventually, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import { createRedisStore } from '@holdfast/tokens'
import { Connection, formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type DoctorReport, examine } from '../../src/doctor/examine.ts'
import { examineAndFix } from '../../src/doctor/fix.ts'
import { rotateKeyring } from '../../src/rotate/keyring/rotate-keyring.ts'
import { PASSWORD_STEPS, type PasswordStep } from '../../src/rotate/passwords/choices.ts'
import { planPasswordRotation, rotatePasswords } from '../../src/rotate/passwords/rotate-passwords.ts'
import { PASSWORD_USERS } from '../../src/rotate/passwords/users.ts'

const DYING = programFile(new URL('../programs/dying-rotation.ts', import.meta.url))
let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
  await dc.untilHealthy()
})

afterAll(() => dc.remove())

const secretsNow = async (): Promise<Secrets> => {
  const { secrets } = await openLocal(dc.stateDir)
  return { ...secrets, platform: platformPassword(secrets) }
}
const journalFile = () => new StateFolder(dc.stateDir).rotationFile
const isThere = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  )
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  )

/** Where each user logs in. */
const doors = (): { secret: keyof Secrets; username: string; address: NodeAddress }[] =>
  dc.topology.dataHosts.flatMap((host) =>
    PASSWORD_USERS.flatMap(({ secret, redis, sentinel }) => [
      ...(redis === null ? [] : [{ secret, username: redis, address: redisAddress(host) }]),
      ...(sentinel === null ? [] : [{ secret, username: sentinel, address: sentinelAddress(host) }]),
    ]),
  )

/** At which doors a set of passwords is refused. */
async function refusedAt(
  secrets: Secrets,
  only: readonly string[] = PASSWORD_USERS.map(({ secret }) => secret),
) {
  const asked = doors()
    .filter(({ secret }) => only.includes(secret))
    .map(async ({ secret, username, address }) => {
      const password = String(secrets[secret])
      const opened = await Connection.open({ address, username, password }).catch((error: unknown) => error)
      if (opened instanceof Connection) {
        opened.close()
        return []
      }
      expect(opened).toMatchObject({ code: 'AUTH_FAILED' })
      return [`${secret} at ${formatAddress(address)}`]
    })
  return (await Promise.all(asked)).flat()
}

/** Refused logins stand in the logs of denials, which the doctor looks at. */
const forgetDenials = () =>
  Promise.all(
    dc.topology.dataHosts.flatMap(({ host }) => [
      dc.ask(host, ['ACL', 'LOG', 'RESET']),
      dc.askSentinel(host, ['ACL', 'LOG', 'RESET']),
    ]),
  )

const dieAt = async (step: PasswordStep, times = 1) => {
  const child = spawn(process.execPath, [DYING, 'passwords', dc.stateDir, step, String(times)], {
    stdio: 'ignore',
  })
  const [, signal] = await once(child, 'close')
  expect([step, signal]).toEqual([step, 'SIGKILL'])
}

/** A Sentinel that was paused is in TILT for half a minute. */
const withoutTilt = ({ findings }: DoctorReport) => findings.filter(({ check }) => check !== 'tilt')
const found = async () => withoutTilt(await examine({ stateDir: dc.stateDir }))

const rotationFindings = async () => (await found()).filter(({ check }) => check.startsWith('rotation'))

// INV-OPERATIONS-9.
it('a rotation gives every user a new password; no request fails and no connection of an application ends', async () => {
  const old = await secretsNow()
  const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
  onTestFinished(() => store.close())
  await store.ready()
  const users = new SimulatedUsers([store], { subject: 'ada', isOpenLoop: true })
  const connections = await connectionIds(dc)
  expect(connections.length).toBeGreaterThan(3)
  const primary = await dc.primary()
  const steps = new Set<string>()
  const begun = await rotatePasswords({
    stateDir: dc.stateDir,
    stage: 'begin',
    onProgress: ({ step }) => steps.add(step),
  })
  expect(begun).toMatchObject({
    state: 'waiting',
    users: PASSWORD_USERS.map(({ secret }) => secret),
    resumed: false,
  })
  expect(begun.others.map(({ who }) => who).join()).toMatch(/store\.renew/)
  expect(await refusedAt(old)).toEqual([])
  const { password, sentinelPassword } = storeOptions(await openLocal(dc.stateDir))
  if (password === undefined || sentinelPassword === undefined) throw new Error('no passwords')
  await store.renew({ password, sentinelPassword })
  const report = await rotatePasswords({
    stateDir: dc.stateDir,
    stage: 'finish',
    onProgress: ({ step }) => steps.add(step),
  })
  expect(report).toMatchObject({ state: 'done', resumed: true, connections: { ended: 0 } })
  expect(report.connections.before).toBeGreaterThanOrEqual(connections.length)
  expect(await connectionIds(dc)).toEqual(expect.arrayContaining(connections))
  expect(steps).toEqual(new Set(PASSWORD_STEPS))
  const renewed = await secretsNow()
  for (const { secret } of PASSWORD_USERS) expect(renewed[secret]).not.toBe(old[secret])
  expect(renewed.rotatedAt?.['app']).toBeDefined()
  expect(await refusedAt(renewed)).toEqual([])
  expect(await refusedAt(old)).toHaveLength(doors().length)
  // Whoever has to connect anew can.
  for (const { host } of dc.topology.dataHosts) await dc.ask(host, ['CLIENT', 'KILL', 'USER', 'app'])
  await dc.untilHealthy()
  await users.untilDone({ verifications: 50 })
  await users.stopAndVerify(store)
  expect(users.failures).toEqual([])
  expect(await dc.primary()).toEqual(primary)
  expect(await isThere(journalFile())).toBe(false)
  await forgetDenials()
  expect(await found()).toEqual([])
}, 60_000)

it('a rotation of one password does not change the others', async () => {
  const old = await secretsNow()
  const report = await rotatePasswords({ stateDir: dc.stateDir, users: ['metrics'] })
  expect(report).toMatchObject({ state: 'done', users: ['metrics'], connections: { ended: 0 } })
  const { metrics, ...others } = await secretsNow()
  const { metrics: before, ...same } = old
  expect(metrics).not.toBe(before)
  expect({ ...others, rotatedAt: {} }).toEqual({ ...same, rotatedAt: {} })
  expect(await refusedAt(old, ['metrics'])).toHaveLength(3)
  await forgetDenials()
})

it('a plan lists the steps of a rotation, and changes nothing', async () => {
  const before = await readFile(new StateFolder(dc.stateDir).secretsFile, 'utf8')
  const steps = await planPasswordRotation({ stateDir: dc.stateDir, users: ['replica', 'app'] })
  expect(steps.join('\n')).toMatch(/redis-1, redis-2, redis-3.*\n.*masterauth/)
  expect(steps.join('\n')).not.toMatch(/sentinel-1/)
  expect(await readFile(new StateFolder(dc.stateDir).secretsFile, 'utf8')).toBe(before)
  expect(await isThere(journalFile())).toBe(false)
})

describe('a rotation changes nothing and refuses', () => {
  it('to begin while a Sentinel does not answer', async () => {
    const before = await secretsNow()
    await dc.control.signal('sentinel-2', 'SIGSTOP')
    try {
      expect(await errorOf(rotatePasswords({ stateDir: dc.stateDir }))).toMatchObject({
        code: 'NOT_SAFE',
        message: expect.stringMatching(/: sentinel-2: .*Nothing was changed/),
      })
    } finally {
      await dc.control.signal('sentinel-2', 'SIGCONT')
    }
    expect(await secretsNow()).toEqual(before)
    expect(await isThere(journalFile())).toBe(false)
    await dc.untilHealthy()
  })

  it('to finish or undo what has not begun', async () => {
    for (const choice of [{ stage: 'finish' as const }, { undo: true }]) {
      expect(await errorOf(rotatePasswords({ stateDir: dc.stateDir, ...choice }))).toMatchObject({
        code: 'NOT_SAFE',
      })
    }
  })
})

describe('a rotation that has not ended', () => {
  it('waits for others until it is finished or undone, and keeps other rotations out', async () => {
    const old = await secretsNow()
    await rotatePasswords({ stateDir: dc.stateDir, users: ['app', 'replica'], stage: 'begin' })
    expect(await rotationFindings()).toMatchObject([{ check: 'rotation-under-way', severity: 'info' }])
    expect(await errorOf(rotatePasswords({ stateDir: dc.stateDir }))).toMatchObject({ code: 'NOT_SAFE' })
    expect(
      await errorOf(rotatePasswords({ stateDir: dc.stateDir, users: ['admin'], stage: 'finish' })),
    ).toMatchObject({ code: 'NOT_SAFE', message: expect.stringContaining('app') })
    expect(await errorOf(rotateKeyring({ stateDir: dc.stateDir }))).toMatchObject({ code: 'NOT_SAFE' })
    const fresh = await secretsNow()
    expect(fresh.app).not.toBe(old.app)
    const report = await rotatePasswords({ stateDir: dc.stateDir, undo: true })
    expect(report).toMatchObject({ state: 'undone', connections: { ended: 0 } })
    const { revision: _, rotatedAt: __, ...after } = await secretsNow()
    const { revision: ___, rotatedAt: ____, ...before } = old
    expect(after).toEqual(before)
    expect(await refusedAt(old)).toEqual([])
    expect(await refusedAt(fresh, ['app', 'replica'])).toHaveLength(6)
    await forgetDenials()
    expect(await found()).toEqual([])
  }, 60_000)

  it.each<[PasswordStep, number]>([
    ['add', 3],
    ['remove', 2],
  ])(
    'can be undone after a kill at "%s" (time %i)',
    async (step, times) => {
      const old = await secretsNow()
      await dieAt(step, times)
      await dc.untilHealthy()
      const report = await rotatePasswords({ stateDir: dc.stateDir, undo: true })
      expect(report.state).toBe('undone')
      expect(await refusedAt(old)).toEqual([])
      const { admin, app } = await secretsNow()
      expect([admin, app]).toEqual([old.admin, old.app])
      expect(await isThere(journalFile())).toBe(false)
      expect(await found()).toEqual([])
    },
    60_000,
  )

  it('stops where a process is away, says so, and goes on when it is back', async () => {
    const old = await secretsNow()
    await dieAt('redis', 2)
    await dc.control.signal('sentinel-3', 'SIGSTOP')
    try {
      const error = await errorOf(rotatePasswords({ stateDir: dc.stateDir }))
      expect(error).toMatchObject({
        code: 'ROTATION_STOPPED',
        message: expect.stringMatching(/sentinel-3: .*both valid.*holdfast rotate passwords.*--undo/s),
      })
      const said = String(error)
      for (const { secret } of PASSWORD_USERS) expect(said).not.toContain(String(old[secret]))
    } finally {
      await dc.control.signal('sentinel-3', 'SIGCONT')
    }
    await dc.untilHealthy()
    expect(await refusedAt(old)).toEqual([])
    expect((await rotatePasswords({ stateDir: dc.stateDir })).state).toBe('done')
    await dc.untilHealthy()
  }, 60_000)
})

/** Before each phase or in it. With HOLDFAST_EVERY_STEP=1 at every step and process, which takes minutes. */
const DEATHS: [PasswordStep, number][] = process.env['HOLDFAST_EVERY_STEP']
  ? PASSWORD_STEPS.flatMap((step): [PasswordStep, number][] => {
      const times = { add: 6, redis: 3, sentinels: 3, prove: 6, relink: 2, remove: 6 }[step as string] ?? 1
      return Array.from({ length: times }, (_, index) => [step, index + 1])
    })
  : [
      ['add', 2],
      ['secrets', 1],
      ['relink', 2],
      ['remove', 5],
    ]

// INV-OPERATIONS-10.
it.each(DEATHS)(
  'a rotation that is killed at "%s" (time %i) leaves everything working, and continues with the next run',
  async (step, times) => {
    const old = await secretsNow()
    expect(await dc.write(`${step}-${times}`, 'it')).toBe(true)
    await dieAt(step, times)
    const { host } = await dc.untilHealthy()
    expect(await dc.write('after', `${step}-${times}`)).toBe(true)
    expect(await dc.ask(host, ['GET', `${step}-${times}`])).toEqual(['it'])
    const left = step !== 'check' && step !== 'begin'
    // Nothing that stands is wrong but the rotation itself.
    const findings = await found()
    expect(findings.map(({ check }) => check)).toEqual(left ? ['rotation-unfinished'] : [])
    if (left && times % 2 === 0) {
      const { outcomes, report } = await examineAndFix({ stateDir: dc.stateDir })
      expect(outcomes.map(({ problem }) => problem)).toEqual([null])
      expect(withoutTilt(report)).toEqual([])
    } else {
      expect(await rotatePasswords({ stateDir: dc.stateDir })).toMatchObject({ state: 'done', resumed: left })
    }
    await dc.untilHealthy()
    expect(await dc.ask(host, ['GET', `${step}-${times}`])).toEqual(['it'])
    const { admin } = await secretsNow()
    expect(admin).not.toBe(old.admin)
    expect(await isThere(journalFile())).toBe(false)
  },
  60_000,
)

it('a data centre starts again with only the new passwords, even after an unfinished rotation', async () => {
  const old = await secretsNow()
  await dieAt('remove', 2)
  await dc.onDisk()
  await dc.stop()
  await dc.start()
  await dc.untilHealthy()
  expect((await rotatePasswords({ stateDir: dc.stateDir })).state).toBe('done')
  await dc.stop()
  await dc.start()
  await eventually(async () => expect((await dc.status()).supervisor).toBe('running'))
  await dc.untilHealthy()
  expect(await refusedAt(await secretsNow())).toEqual([])
  expect(await refusedAt(old)).toHaveLength(doors().length)
}, 60_000)
