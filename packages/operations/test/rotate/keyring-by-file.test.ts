import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { leaseNetwork } from '@holdfast/testing/leases'
import { openApplication } from '@holdfast/testing/local/application'
import type { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import type { Keyring } from '@holdfast/tokens'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { examine } from '../../src/doctor/examine.ts'
import { KEYRING_STEPS } from '../../src/rotate/keyring/choices.ts'
import { planKeyringRotation, rotateKeyring } from '../../src/rotate/keyring/rotate-keyring.ts'
import { getStatus } from '../../src/status/status.ts'
import { Sited } from '../support/sited.ts'

const DYING = programFile(new URL('../programs/dying-site-rotation.ts', import.meta.url))
let sited: Sited
let dc: TestDataCentre
let place: Sited['place']
let deliverCommand: string

beforeAll(async () => {
  sited = await Sited.start({ network: await leaseNetwork() })
  ;({ dc, place, deliverCommand } = sited)
  await dc.untilHealthy()
}, 90_000)

afterAll(() => sited?.remove())

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  )
const ringOf = async () => (await sited.secrets()).keyring
/** What the doctor finds, by the file, but for where files would be on a host. */
const found = async () =>
  (await examine(place)).findings.map(({ check }) => check).filter((check) => check !== 'settings-drifted')

/** The keys that are known to be out of use. */
async function retired(): Promise<string[]> {
  const text = await readFile(join(sited.folder, 'secrets', 'keyring-history.json'), 'utf8')
  return Object.keys((JSON.parse(text) as { retired: Record<string, string> }).retired)
}

/** What each gateway's file holds. */
const atGateways = () =>
  dc.plan.addresses.gateways.map((_, index) => {
    const text = readFileSync(join(dc.stateDir, `gateway-${index + 1}`, 'gateway.json'), 'utf8')
    const { current, keys } = (JSON.parse(text) as { store: { keyring: Keyring } }).store.keyring
    return { current, ids: Object.keys(keys) }
  })

it('a rotation adds a key in two phases: every gateway knows it before one seals with it', async () => {
  const store = await openApplication(dc)
  const users = new SimulatedUsers([store], { subject: 'ada', isOpenLoop: true })
  // The rotation may be over before they have done much.
  await sleep(1000)
  await store.issue({ subject: 'ada', device: 'phone' })
  const rings: Record<string, ReturnType<typeof atGateways>> = {}
  const report = await rotateKeyring({
    ...place,
    deliverCommand,
    onProgress: ({ step }) => {
      // What the files hold when a step begins is what the steps before it have done.
      rings[step] = atGateways()
    },
  })
  expect(rings['known']).toEqual(Array(4).fill({ current: 'k1', ids: ['k1'] }))
  expect(rings['use']).toEqual(Array(4).fill({ current: 'k1', ids: ['k1', 'k2'] }))
  expect(rings['retire']).toEqual(Array(4).fill({ current: 'k2', ids: ['k1', 'k2'] }))
  expect(Object.keys(rings)).toEqual(KEYRING_STEPS)
  expect(report).toMatchObject({
    state: 'done',
    current: 'k2',
    before: 'k1',
    next: null,
    forgotten: [],
    kept: [{ key: 'k1', sessions: null }],
    hosts: [],
  })
  await store.renew({ keyring: await ringOf() })
  await users.untilDone({ loggedIn: 4 })
  await users.stopAndVerify(store)
  expect(users.failures).toEqual([])
  // An application that comes now reads what either key has sealed.
  const devices = (await (await openApplication(dc)).list('ada')).map(({ device }) => device)
  expect(devices.filter((device) => device === 'phone')).toHaveLength(1)
  expect(devices).not.toContain('')
  expect(await found()).toEqual([])
}, 90_000)

it('a rotation removes the older keys that no session needs, and no other', async () => {
  const asked = { ...place, deliverCommand, forgetOld: true }
  const first = await rotateKeyring(asked)
  expect(first.forgotten).toEqual([])
  expect(first.kept).toEqual([{ key: 'k1', sessions: expect.any(Number) }])
  expect(first.kept[0]?.sessions).toBeGreaterThan(0)
  const store = await openApplication(dc)
  await store.revokeSubject('ada')
  expect(await rotateKeyring(asked)).toMatchObject({ current: 'k2', forgotten: ['k1'], kept: [] })
  expect(atGateways()).toEqual(Array(4).fill({ current: 'k2', ids: ['k2'] }))
}, 60_000)

it('without a delivery command, a rotation stops in each phase, and continues only when every gateway uses the ring', async () => {
  const plan = (await planKeyringRotation(place)).join('\n')
  expect(plan).toMatch(
    /^Add a key k3 .*\nYours to do on gateway-1: put \/etc\/holdfast\/gateway\.json there; systemctl reload.*Stop there/s,
  )
  const begun = await rotateKeyring(place)
  expect(begun).toMatchObject({ state: 'waiting', current: 'k2', next: 'k3' })
  expect(begun.hosts.map(({ host }) => host)).toEqual(['gateway-1', 'gateway-2', 'gateway-3', 'gateway-4'])
  expect((await getStatus(place)).rotations.keyring).toEqual({ next: 'k3', waits: true, isRunning: false })
  expect(await found()).toEqual(['keyring-rotation-waits'])
  expect(await rotateKeyring(place)).toMatchObject({ state: 'waiting', current: 'k2', next: 'k3' })
  expect(await errorOf(rotateKeyring({ ...place, forgetOld: true }))).toMatchObject({
    code: 'NOT_SAFE',
    message: expect.stringContaining('to the key k3 is unfinished'),
  })
  expect(await errorOf(rotateKeyring({ ...place, stage: 'finish' }))).toMatchObject({
    code: 'ROTATION_STOPPED',
    message: expect.stringMatching(
      /^gateway-1 and .* do not use the new key ring.*keyring --file \S+\/holdfast\.yaml --certificates \S+`/,
    ),
  })
  expect((await ringOf()).current).toBe('k2')
  await sited.deliver()
  const used = await rotateKeyring({ ...place, stage: 'finish' })
  expect(used).toMatchObject({ state: 'waiting', current: 'k3', next: 'k3', hosts: { length: 4 } })
  // Some of them still seal with the older key: it is not out of use yet.
  expect(await retired()).not.toContain('k2')
  expect(await errorOf(rotateKeyring({ ...place, stage: 'finish' }))).toMatchObject({
    code: 'ROTATION_STOPPED',
  })
  await sited.deliver()
  expect(await rotateKeyring({ ...place, stage: 'finish' })).toMatchObject({
    state: 'done',
    current: 'k3',
    next: null,
    hosts: [],
  })
  expect(await retired()).toContain('k2')
  expect(await found()).toEqual([])
  expect(await errorOf(rotateKeyring({ ...place, stage: 'finish' }))).toMatchObject({ code: 'NOT_SAFE' })
}, 90_000)

it('a rotation that is killed at each of its steps continues where it was', async () => {
  const store = await openApplication(dc)
  const { token } = await store.issue({ subject: 'ada', device: 'phone' })
  const before = Object.keys((await ringOf()).keys)
  for (const step of KEYRING_STEPS) {
    const { siteFile, certificates } = place
    const args = [DYING, 'keyring', siteFile, certificates, deliverCommand, step]
    const child = spawn(process.execPath, args, { stdio: 'ignore' })
    const [, signal] = await once(child, 'close')
    expect([step, signal]).toEqual([step, 'SIGKILL'])
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
    const seen = (await getStatus(place)).rotations.keyring
    const isOpen = !['check', 'add', 'count', 'forget'].includes(step)
    expect([step, seen]).toEqual([step, isOpen ? { next: 'k4', waits: false, isRunning: false } : null])
  }
  // The one that died before it counted was done with its key, so the last one has brought in another.
  expect(await ringOf()).toMatchObject({ current: 'k5' })
  expect(Object.keys((await ringOf()).keys)).toEqual([...before, 'k4', 'k5'])
  expect(atGateways()).toEqual(Array(4).fill({ current: 'k5', ids: [...before, 'k4', 'k5'] }))
  expect(await (await openApplication(dc)).list('ada')).toContainEqual(
    expect.objectContaining({ device: 'phone' }),
  )
  expect(await found()).toEqual([])
}, 240_000)

it('a rotation is refused while a gateway does not answer, and keeps the current key when its command fails', async () => {
  const before = await readFile(sited.secretsFile, 'utf8')
  const { current } = await ringOf()
  await dc.control.signal('gateway-2', 'SIGSTOP')
  expect(await errorOf(rotateKeyring({ ...place, deliverCommand }))).toMatchObject({
    code: 'NOT_SAFE',
    message: expect.stringContaining('gateway-2 does not answer'),
  })
  await dc.control.signal('gateway-2', 'SIGCONT')
  expect(await readFile(sited.secretsFile, 'utf8')).toBe(before)
  expect(await errorOf(rotateKeyring({ ...place, deliverCommand: 'exit 7' }))).toMatchObject({
    code: 'ROTATION_STOPPED',
  })
  expect((await ringOf()).current).toBe(current)
  expect(await rotateKeyring({ ...place, deliverCommand })).toMatchObject({ state: 'done', before: current })
}, 60_000)
