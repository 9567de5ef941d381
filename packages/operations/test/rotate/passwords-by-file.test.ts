import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { exclusively, inTurn } from '@holdfast/local/state/lock'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import type { Secrets } from '@holdfast/site/secrets/secrets'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, type TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import { createRedisStore } from '@holdfast/tokens'
import { Connection, formatAddress } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { SitePlace } from '../../src/data-centre/open-site.ts'
import { openSite } from '../../src/data-centre/open-site.ts'
import { examine } from '../../src/doctor/examine.ts'
import { examineAndFix } from '../../src/doctor/fix.ts'
import type { PasswordStep } from '../../src/rotate/passwords/choices.ts'
import {
  planPasswordRotation,
  rotatePasswords,
  rotatePasswordsLocked,
} from '../../src/rotate/passwords/rotate-passwords.ts'
import { PASSWORD_USERS } from '../../src/rotate/passwords/users.ts'
import { secretFilesOf } from '../../src/rotate/secret-files.ts'
import { getStatus, openStatus } from '../../src/status/status.ts'
import { Sited } from '../support/sited.ts'

const DYING = programFile(new URL('../programs/dying-site-rotation.ts', import.meta.url))

let sited: Sited
let dc: TestDataCentre
let place: SitePlace
let deliverCommand: string

beforeAll(async () => {
  sited = await Sited.start({ network: await leaseNetwork(), more: 'rotation: { usersDays: 30 }' })
  ;({ dc, place, deliverCommand } = sited)
  await dc.untilHealthy()
}, 90_000)

afterAll(() => sited?.remove())

const secretsFile = () => sited.secretsFile
const journalFile = () => join(sited.folder, 'secrets', 'rotation.json')
const secretsNow = () => sited.secrets()
const deliver = () => sited.deliver()
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  )

/** At which doors a set of passwords is refused, and at how many it was tried. */
async function refusedAt(secrets: Secrets): Promise<{ refused: string[]; tried: number }> {
  const { tls } = await openLocal(dc.stateDir)
  const doors = dc.topology.dataHosts.flatMap((host) =>
    PASSWORD_USERS.filter(({ secret }) => secret !== 'platform').flatMap(({ secret, redis, sentinel }) => [
      ...(redis === null ? [] : [{ secret, username: redis, address: redisAddress(host) }]),
      ...(sentinel === null ? [] : [{ secret, username: sentinel, address: sentinelAddress(host) }]),
    ]),
  )
  const refused = doors.map(async ({ secret, username, address }) => {
    const password = String(secrets[secret])
    // Many at once, each with a handshake, take a busy machine its time.
    const options = { address, username, password, ...(tls && { tls }), connectTimeoutMs: 15_000 }
    const opened = await Connection.open(options).catch((error: unknown) => error)
    if (opened instanceof Connection) {
      opened.close()
      return []
    }
    expect(opened).toMatchObject({ code: 'AUTH_FAILED' })
    return [`${secret} at ${formatAddress(address)}`]
  })
  return { refused: (await Promise.all(refused)).flat(), tried: doors.length }
}

/** Refused logins stand in the logs of denials, which the doctor looks at. The admin may have a new password. */
async function forgetDenials() {
  const { tls } = await openLocal(dc.stateDir)
  const secrets = await secretsNow()
  for (const host of dc.topology.dataHosts) {
    for (const [address, password] of [
      [redisAddress(host), secrets.admin],
      [sentinelAddress(host), secrets.sentinelAdmin],
    ] as const) {
      const connection = await Connection.open({ address, username: 'admin', password, ...(tls && { tls }) })
      await connection.send(['ACL', 'LOG', 'RESET'], 2000)
      connection.close()
    }
  }
}

/** What the doctor finds, by the file, but for where files would be on a host. */
const found = async () =>
  (await examine(place)).findings.map(({ check }) => check).filter((check) => check !== 'settings-drifted')

/** Begins a rotation in a process that dies at that step. */
async function dieAt(step: PasswordStep, times: number): Promise<void> {
  const { siteFile, certificates = '' } = place
  const args = [DYING, 'passwords', siteFile, certificates, deliverCommand, step, `${times}`]
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  const [, signal] = await once(child, 'close')
  expect([step, signal]).toEqual([step, 'SIGKILL'])
}

it('a rotation changes all passwords over the network; no request fails and no connection of an application ends', async () => {
  const old = await secretsNow()
  const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
  onTestFinished(() => store.close())
  await store.ready()
  const users = new SimulatedUsers([store], { subject: 'ada', isOpenLoop: true })
  const report = await rotatePasswords({ ...place, deliverCommand })
  expect(report).toMatchObject({ state: 'done', hosts: [], connections: { ended: 0 }, undoing: false })
  await users.stopAndVerify(store)
  expect(users.failures).toEqual([])
  const fresh = await secretsNow()
  expect((await refusedAt(fresh)).refused).toEqual([])
  const { refused, tried } = await refusedAt(old)
  expect(refused).toHaveLength(tried)
  expect(tried).toBe(24)
  expect((await stat(secretsFile())).mode & 0o777).toBe(0o600)
  await forgetDenials()
  expect(await found()).toEqual([])
  // What they have written themselves is what they start by.
  for (const number of [1, 2, 3]) {
    const acl = await readFile(join(dc.stateDir, `redis-${number}`, 'users.acl'), 'utf8')
    expect(acl.match(/^user app .*/m)?.[0].match(/#[0-9a-f]{64}/g)).toHaveLength(1)
    const conf = await readFile(join(dc.stateDir, `sentinel-${number}`, 'sentinel.conf'), 'utf8')
    expect(conf).toContain(fresh.peer)
    expect(conf).not.toContain(old.peer)
  }
}, 90_000)

// INV-OPERATIONS-11.
it('without a delivery command, a rotation stops between two stages, and removes no password before', async () => {
  const old = await secretsNow()
  expect((await planPasswordRotation(place)).join('\n')).toMatch(
    /Yours to do on data-1: put .*host\.json.*restart holdfast-watchdog.*Stop there: old and new/s,
  )
  const begun = await rotatePasswords(place)
  expect(begun).toMatchObject({ state: 'waiting', resumed: false })
  expect(begun.hosts.map(({ host }) => host)).toEqual([
    ...['data-1', 'data-2', 'data-3'],
    ...['gateway-1', 'gateway-2', 'gateway-3', 'gateway-4'],
  ])
  expect(begun.hosts[3]).toMatchObject({
    files: [{ from: 'dc1/gateway-1/gateway.json', to: '/etc/holdfast/gateway.json' }],
    steps: [{ command: 'systemctl reload holdfast-gateway' }],
  })
  expect((await stat(journalFile())).mode & 0o777).toBe(0o600)
  expect((await getStatus(place)).rotations.passwords).toMatchObject({ phase: 'wait', isRunning: false })
  expect(await found()).toEqual(['rotation-under-way'])
  for (const secrets of [old, await secretsNow()]) expect((await refusedAt(secrets)).refused).toEqual([])
  expect(await errorOf(rotatePasswords(place))).toMatchObject({ code: 'NOT_SAFE' })
  const early = await errorOf(rotatePasswords({ ...place, stage: 'finish' }))
  expect(early).toMatchObject({
    code: 'ROTATION_STOPPED',
    message: expect.stringMatching(/gateway-1 and gateway-2 .*do not use the new passwords.*both valid/),
  })
  expect((await refusedAt(old)).refused).toEqual([])
  await deliver()
  expect(await rotatePasswords({ ...place, stage: 'finish' })).toMatchObject({ state: 'done', resumed: true })
  expect((await refusedAt(await secretsNow())).refused).toEqual([])
  expect((await refusedAt(old)).refused).toHaveLength(24)
  await forgetDenials()
  expect(await found()).toEqual([])
}, 90_000)

it('an undo gives the hosts the old passwords before the new ones are refused', async () => {
  const old = await secretsNow()
  await rotatePasswords({ ...place, stage: 'begin' })
  const fresh = await secretsNow()
  await deliver()
  expect(await rotatePasswords({ ...place, undo: true })).toMatchObject({ state: 'waiting', undoing: true })
  for (const secrets of [old, fresh]) expect((await refusedAt(secrets)).refused).toEqual([])
  await deliver()
  expect(await rotatePasswords({ ...place, stage: 'finish' })).toMatchObject({ state: 'undone' })
  expect((await refusedAt(old)).refused).toEqual([])
  expect((await refusedAt(fresh)).refused).toHaveLength(24)
  await forgetDenials()
  expect(await found()).toEqual([])
}, 90_000)

it('a rotation stops when the delivery command fails, reports that, and continues with the next run', async () => {
  const failing = 'echo no way to data-2 >&2; exit 7'
  const error = await errorOf(rotatePasswords({ ...place, deliverCommand: failing }))
  expect(error).toMatchObject({
    code: 'ROTATION_STOPPED',
    message: expect.stringMatching(
      /exit code 7\. Its output: no way to data-2.*both valid.*passwords --file \S+\/holdfast\.yaml --certificates \S+`.*--undo/,
    ),
  })
  expect(await found()).toEqual(['rotation-unfinished'])
  expect(await rotatePasswords({ ...place, deliverCommand })).toMatchObject({ state: 'done', resumed: true })
  expect(await found()).toEqual([])
}, 90_000)

it.each<[PasswordStep, number]>([
  ['add', 4],
  ['sentinels', 2],
  ['secrets', 1],
  ['gateways', 1],
  ['remove', 5],
])(
  'a rotation that is killed at "%s" (time %i) leaves everything working, and continues with the next run',
  async (step, times) => {
    const old = await secretsNow()
    await dieAt(step, times)
    await dc.untilHealthy()
    expect(await found()).toEqual(['rotation-unfinished'])
    if (step === 'remove') {
      // Nobody has to bring anything any more.
      const { outcomes } = await examineAndFix(place)
      const ofRotation = outcomes.filter(({ finding }) => finding.check === 'rotation-unfinished')
      expect(ofRotation.map(({ problem }) => problem)).toEqual([null])
    } else {
      expect(await rotatePasswords({ ...place, deliverCommand })).toMatchObject({
        state: 'done',
        resumed: true,
      })
    }
    expect((await refusedAt(await secretsNow())).refused).toEqual([])
    expect((await refusedAt(old)).refused).toHaveLength(24)
    await forgetDenials()
    expect(await found()).toEqual([])
  },
  90_000,
)

it('a Sentinel that returns learns of the rotation by its new password, so that no other rotation begins meanwhile', async () => {
  await inTurn(
    () => openSite(place),
    'rotation of passwords',
    async (dataCentre) => {
      await rotatePasswordsLocked(dataCentre, { deliverCommand })
      for (const name of ['sentinel-1', 'sentinel-2', 'sentinel-3']) await dc.control.restart(name)
      // The other way to this data centre has a file of its own, so that only Sentinels can tell it.
      const other = await openLocal(dc.stateDir)
      await eventually(() =>
        expect(exclusively(other, 'upgrade', async () => 'both')).rejects.toMatchObject({ code: 'BUSY' }),
      )
    },
  )
  await eventually(async () => expect(await found()).toEqual([]))
}, 90_000)

it('a watched status continues through a rotation, and no server denies it', async () => {
  const reader = await openStatus(place)
  onTestFinished(() => reader.close())
  const before = await reader.read()
  expect(before.limits).toEqual({ usersDays: 30, keyringDays: 90, certificateDaysLeft: 30 })
  await rotatePasswords({ ...place, deliverCommand })
  const { tls } = await openLocal(dc.stateDir)
  const secrets = await secretsNow()
  // Connections that stand are not asked for a password again.
  for (const host of dc.topology.dataHosts) {
    for (const [address, password, user] of [
      [redisAddress(host), secrets.admin, 'metrics'],
      [sentinelAddress(host), secrets.sentinelAdmin, 'app'],
    ] as const) {
      const admin = await Connection.open({ address, username: 'admin', password, ...(tls && { tls }) })
      expect(Number(await admin.send(['CLIENT', 'KILL', 'USER', user], 2000))).toBeGreaterThan(0)
      admin.close()
    }
  }
  const after = await reader.read()
  const reachable = [...after.redis, ...after.sentinels].map(({ reachable: isThere }) => isThere)
  expect(reachable).toEqual(Array(6).fill(true))
  const since = (status: typeof after) => status.secrets.find(({ secret }) => secret === 'admin')?.since
  expect(Date.parse(since(after) ?? '')).toBeGreaterThan(Date.parse(since(before) ?? ''))
  expect(await found()).toEqual([])
}, 60_000)

it('a rotation changes nothing and is refused if the secrets are not in a file', async () => {
  const site = await openSite(place)
  const elsewhere = { ...site, folder: { ...site.folder, secretsFile: null, rotationFile: null } }
  expect(() => secretFilesOf(elsewhere)).toThrow(
    expect.objectContaining({ code: 'NOT_SAFE', message: expect.stringContaining('from the environment') }),
  )
})
