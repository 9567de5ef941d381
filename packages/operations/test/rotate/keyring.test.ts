import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StateFolder } from '@holdfast/local/state/folder'
import { exclusively } from '@holdfast/local/state/lock'
import { openLocal } from '@holdfast/local/state/open'
import { writeSecrets } from '@holdfast/local/state/secrets-file'
import { ClusterError } from '@holdfast/site/errors'
import { leaseNetwork } from '@holdfast/testing/leases'
import { openApplication } from '@holdfast/testing/local/application'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import type { Keyring } from '@holdfast/tokens'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { KEYRING_STEPS } from '../../src/rotate/keyring/choices.ts'
import { planKeyringRotation, rotateKeyring } from '../../src/rotate/keyring/rotate-keyring.ts'
import { getStatus } from '../../src/status/status.ts'

const DYING = programFile(new URL('../programs/dying-rotation.ts', import.meta.url))
let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
})

afterAll(() => dc.remove())

const ringOf = async () => (await openLocal(dc.stateDir)).secrets.keyring
const folder = () => new StateFolder(dc.stateDir)

/** The ring that a gateway's file holds. */
function gatewayRing(name: string) {
  const { store } = JSON.parse(readFileSync(join(folder().of(name), 'gateway.json'), 'utf8')) as {
    store: { keyring: Keyring }
  }
  return store.keyring
}

// INV-OPERATIONS-12.
it('a rotation adds a key in two phases: every gateway knows it before one seals with it', async () => {
  const store = await openApplication(dc)
  const users = new SimulatedUsers([store], { subject: 'ada', isOpenLoop: true })
  // The rotation may be over before they have done much.
  await sleep(1000)
  const { token } = await store.issue({ subject: 'ada', device: 'phone' })
  const rings: Record<string, { current: string; ids: string[] }[]> = {}
  const report = await rotateKeyring({
    stateDir: dc.stateDir,
    onProgress: ({ step }) => {
      // What the files hold when a step begins is what the steps before it have done.
      rings[step] = readRings()
    },
  })
  expect(rings['use']).toEqual(Array(4).fill({ current: 'k1', ids: ['k1', 'k2'] }))
  expect(rings['retire']).toEqual(Array(4).fill({ current: 'k2', ids: ['k1', 'k2'] }))
  expect(Object.keys(rings)).toEqual(KEYRING_STEPS)
  expect(report).toMatchObject({
    current: 'k2',
    before: 'k1',
    next: null,
    forgotten: [],
    kept: [{ key: 'k1', sessions: null }],
  })
  await store.renew({ keyring: await ringOf() })
  await users.untilDone({ loggedIn: 4 })
  await users.stopAndVerify(store)
  expect(users.failures).toEqual([])
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
  // An application that comes now reads what either key has sealed.
  const devices = (await (await openApplication(dc)).list('ada')).map(({ device }) => device)
  expect(devices.filter((device) => device === 'phone')).toHaveLength(1)
  expect(devices).not.toContain('')
}, 60_000)

/** What each gateway's file holds. */
const readRings = () =>
  dc.plan.addresses.gateways.map((_, index) => {
    const { current, keys } = gatewayRing(`gateway-${index + 1}`)
    return { current, ids: Object.keys(keys) }
  })

// INV-OPERATIONS-13.
it('a rotation removes the older keys that no session needs, at once on request, and no other', async () => {
  const store = await openApplication(dc)
  const first = await rotateKeyring({ stateDir: dc.stateDir, forgetOld: true })
  const { sessions } = first.kept.find(({ key }) => key === 'k1') ?? {}
  expect(sessions).toBeGreaterThan(0)
  expect(first.forgotten).toEqual([])
  await store.revokeSubject('ada')
  await store.issue({ subject: 'ada', device: 'tablet' })
  const second = await rotateKeyring({ stateDir: dc.stateDir, forgetOld: true })
  expect(second).toMatchObject({ current: 'k2', forgotten: ['k1'], kept: [] })
  expect(Object.keys(gatewayRing('gateway-3').keys)).toEqual(['k2'])
  expect(await (await openApplication(dc)).list('ada')).toMatchObject([{ device: 'tablet' }])
})

it('a rotation that is killed at each of its steps continues where it was', async () => {
  const store = await openApplication(dc)
  const before = Object.keys((await ringOf()).keys)
  const { token } = await store.issue({ subject: 'ada', device: 'phone' })
  for (const step of KEYRING_STEPS) {
    const child = spawn(process.execPath, [DYING, 'keyring', dc.stateDir, step], { stdio: 'ignore' })
    const [, signal] = await once(child, 'close')
    expect([step, signal]).toEqual([step, 'SIGKILL'])
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
    const seen = (await getStatus({ stateDir: dc.stateDir })).rotations.keyring
    const isOpen = !['check', 'add', 'count', 'forget'].includes(step)
    expect([step, seen]).toEqual([step, isOpen ? { next: 'k3', waits: false, isRunning: false } : null])
  }
  // The one that died before it counted was done with its key, so the last one has brought in another.
  expect(await ringOf()).toMatchObject({ current: 'k4' })
  expect(Object.keys((await ringOf()).keys)).toEqual([...before, 'k3', 'k4'])
  expect(await (await openApplication(dc)).list('ada')).toContainEqual(
    expect.objectContaining({ device: 'phone' }),
  )
}, 240_000)

it('a rotation stops after the first phase on request, and prints the command that continues it', async () => {
  const { current: before } = await ringOf()
  const report = await rotateKeyring({ stateDir: dc.stateDir, stage: 'begin' })
  const { current, next } = report
  expect([current, (await ringOf()).current]).toEqual([before, before])
  expect(Object.keys((await ringOf()).keys)).toContain(next)
  expect((await getStatus({ stateDir: dc.stateDir })).rotations.keyring).toEqual({
    next,
    waits: true,
    isRunning: false,
  })
  expect(await planKeyringRotation({ stateDir: dc.stateDir })).toContain(
    `Resume the rotation to ${next} that began before.`,
  )
  expect(await rotateKeyring({ stateDir: dc.stateDir })).toMatchObject({ current: next, next: null })
})

it('an interrupted rotation of the key ring says so, and the next run resumes it', async () => {
  const { current } = await ringOf()
  const leaving = new AbortController()
  await expect(
    rotateKeyring({
      stateDir: dc.stateDir,
      signal: leaving.signal,
      onProgress: ({ step }) => step === 'known' && leaving.abort(),
    }),
  ).rejects.toMatchObject({
    code: 'ROTATION_ABORTED',
    message: expect.stringMatching(
      /^The rotation was interrupted at: .* `holdfast rotate keyring( --[a-z-]+ \S+)+`\.$/,
    ),
  })
  expect((await ringOf()).current).toBe(current)
  expect(await rotateKeyring({ stateDir: dc.stateDir })).toMatchObject({ before: current, next: null })
})

it('a plan changes nothing, and its files are for their owner only', async () => {
  const text = () => readFile(folder().secretsFile, 'utf8')
  const before = await text()
  expect((await planKeyringRotation({ stateDir: dc.stateDir })).join('\n')).toContain('Add a key k')
  expect(await text()).toBe(before)
  for (const file of [
    folder().secretsFile,
    folder().keyringHistoryFile,
    join(folder().of('gateway-1'), 'gateway.json'),
  ])
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(folder().keyringHistoryFile, 'utf8')).not.toContain((await ringOf()).index)
})

it('a rotation is refused while a gateway does not answer, and changes nothing', async () => {
  const before = await ringOf()
  await dc.control.signal('gateway-2', 'SIGSTOP')
  onTestFinished(async () => void (await dc.control.signal('gateway-2', 'SIGCONT')))
  await expect(rotateKeyring({ stateDir: dc.stateDir })).rejects.toMatchObject({
    code: 'NOT_SAFE',
    message: expect.stringContaining('gateway-2 does not answer'),
  })
  expect(await ringOf()).toEqual(before)
})

it('a rotation is refused while another one runs, or one of passwords is unfinished', async () => {
  await exclusively(await openLocal(dc.stateDir), 'rotation of certificates', () =>
    expect(rotateKeyring({ stateDir: dc.stateDir })).rejects.toMatchObject({
      code: 'BUSY',
      message: expect.stringContaining(`rotation of certificates, since`),
    }),
  )
  await writeFile(folder().rotationFile, '{}')
  onTestFinished(() => rm(folder().rotationFile))
  await expect(rotateKeyring({ stateDir: dc.stateDir })).rejects.toMatchObject({
    code: 'NOT_SAFE',
    message: expect.stringContaining('holdfast rotate passwords'),
  })
})

it('a rotation uses the result of the operation before it, even if it had to wait for its end', async () => {
  const local = await openLocal(dc.stateDir)
  const demoPassword = 'another-one-of-the-other-operation'
  let rotated: Promise<unknown> = Promise.resolve()
  for (let isBusy = true; isBusy; ) {
    await exclusively(local, 'restore', async () => {
      rotated = rotateKeyring({ stateDir: dc.stateDir }).then(
        () => null,
        (error: unknown) => error,
      )
      await sleep(20)
      const { secrets } = await openLocal(dc.stateDir)
      await writeSecrets(local.folder, { ...secrets, demoPassword })
    })
    const error = await rotated
    isBusy = error instanceof ClusterError && error.code === 'BUSY'
    if (!isBusy) expect(error).toBeNull()
  }
  expect((await openLocal(dc.stateDir)).secrets.demoPassword).toBe(demoPassword)
}, 60_000)
