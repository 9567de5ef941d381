import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { askReadyz } from '@holdfast/local/lifecycle/readyz'
import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { CertificateFolder } from '@holdfast/site/certificates/folder'
import { redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { leaseNetwork } from '@holdfast/testing/leases'
import { connectionIds } from '@holdfast/testing/local/application'
import type { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { temporaryFolder } from '@holdfast/testing/local/temporary-folder'
import { programFile } from '@holdfast/testing/program-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import { createRedisStore } from '@holdfast/tokens'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { examine } from '../../src/doctor/examine.ts'
import { CERTIFICATE_STEPS, type CertificateStep } from '../../src/rotate/certificates/choices.ts'
import {
  planCertificateRotation,
  rotateCertificates,
} from '../../src/rotate/certificates/rotate-certificates.ts'
import { servedFingerprint } from '../../src/rotate/certificates/served.ts'
import { getStatus } from '../../src/status/status.ts'
import { Sited } from '../support/sited.ts'

const NETWORK = await leaseNetwork()
const DYING = programFile(new URL('../programs/dying-site-rotation.ts', import.meta.url))
const HOSTS = [
  ...['data-1', 'data-2', 'data-3'],
  ...['gateway-1', 'gateway-2', 'gateway-3', 'gateway-4'],
  'operator',
]

let sited: Sited
let dc: TestDataCentre
let place: Sited['place']
let deliverCommand: string

beforeAll(async () => {
  sited = await Sited.start({ network: NETWORK })
  ;({ dc, place, deliverCommand } = sited)
  await dc.untilHealthy()
}, 90_000)

afterAll(() => sited?.remove())

const certificates = () => new CertificateFolder(place.certificates, 'dc1')
const journalFile = () => join(place.certificates, 'dc1', 'certificate-rotation.json')
const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => 'no error',
    (error: unknown) => error,
  )
/** What the doctor finds, by the file, but for where files would be on a host. */
const found = async () =>
  (await examine(place)).findings.map(({ check }) => check).filter((check) => check !== 'settings-drifted')

/** The fingerprints that were issued, by holder. */
async function issued(): Promise<Record<string, string>> {
  const files = (await certificates().list()).issued
  return Object.fromEntries(files.map(({ subject, fingerprint }) => [subject, fingerprint]))
}

/** What each Redis and Sentinel shows: `redis@data-1`. */
async function shown(): Promise<Record<string, string>> {
  const { tls } = await openLocal(dc.stateDir)
  if (tls === null) throw new Error('a data centre with TLS has a certificate')
  const all = dc.topology.dataHosts.flatMap((host, index) => [
    { name: `redis@data-${index + 1}`, address: redisAddress(host) },
    { name: `sentinel@data-${index + 1}`, address: sentinelAddress(host) },
  ])
  const asked = all.map(
    async ({ name, address }) => [name, await servedFingerprint(address, tls, { timeoutMs: 5000 })] as const,
  )
  return Object.fromEntries(await Promise.all(asked))
}

/** What each would show that has taken what was issued for its host. */
const byProcess = (fingerprints: Record<string, string>) =>
  Object.fromEntries(
    ['data-1', 'data-2', 'data-3'].flatMap((host) =>
      ['redis', 'sentinel'].map((kind) => [`${kind}@${host}`, fingerprints[host]]),
    ),
  )

it('a rotation gives every host a new certificate over the network; no request fails and no connection to Redis ends', async () => {
  const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
  onTestFinished(() => store.close())
  await store.ready()
  const users = new SimulatedUsers([store], { subject: 'ada', isOpenLoop: true })
  // The rotation may be over before they have done much.
  await sleep(1000)
  const connections = await connectionIds(dc)
  expect(connections.length).toBeGreaterThan(3)
  const primary = await dc.primary()
  const steps = new Set<string>()
  const report = await rotateCertificates({
    ...place,
    deliverCommand,
    days: 40,
    onProgress: ({ step }) => steps.add(step),
  })
  expect(report).toMatchObject({ state: 'done', renewed: HOSTS, hosts: [], resumed: false })
  expect(Math.round((Number(report.notAfter) - Date.now()) / 86_400_000)).toBe(40)
  expect(await shown()).toEqual(byProcess(await issued()))
  expect([...steps]).toEqual(CERTIFICATE_STEPS.filter((step) => !['tunnels', 'supervisor'].includes(step)))
  expect(await connectionIds(dc)).toEqual(expect.arrayContaining(connections))
  expect(await dc.primary()).toEqual(primary)
  await users.untilDone({ verifications: 50 })
  await users.stopAndVerify(store)
  expect(users.failures).toEqual([])
  const { revision } = await sited.secrets()
  for (const { host } of dc.plan.addresses.gateways)
    expect(await askReadyz(`http://${host}:8080`, AbortSignal.timeout(2000))).toMatchObject({ revision })
  expect(await stat(journalFile()).catch(() => null)).toBeNull()
  expect(await found()).toEqual([])
}, 90_000)

it('without a delivery command, a rotation stops after it has issued the certificates, and no process uses them before', async () => {
  const before = await shown()
  expect((await planCertificateRotation(place)).join('\n')).toMatch(
    /^Issue new .* data-1,.*operator\.\nYours to do on data-1: put .*host-key\.pem there; systemctl restart holdfast-watchdog\..*Stop there/s,
  )
  const begun = await rotateCertificates(place)
  expect(begun).toMatchObject({ state: 'waiting', renewed: HOSTS, resumed: false })
  expect(begun.hosts.map(({ host }) => host)).toEqual(HOSTS.slice(0, -1))
  expect(begun.hosts[3]).toEqual({
    host: 'gateway-1',
    files: [
      { from: 'dc1/gateway-1/tls/ca.pem', to: '/etc/holdfast/tls/ca.pem' },
      { from: 'dc1/gateway-1/tls/host.pem', to: '/etc/holdfast/tls/host.pem' },
      { from: 'dc1/gateway-1/tls/host-key.pem', to: '/etc/holdfast/tls/host-key.pem' },
      { from: 'dc1/gateway-1/gateway.json', to: '/etc/holdfast/gateway.json' },
    ],
    steps: [expect.objectContaining({ command: 'systemctl reload holdfast-gateway' })],
  })
  expect(await shown()).toEqual(before)
  expect((await getStatus(place)).rotations.certificates).toEqual({ issued: HOSTS, isRunning: false })
  expect(await found()).toEqual(['certificate-rotation-unfinished'])
  const fresh = await issued()
  expect(await rotateCertificates(place)).toMatchObject({ state: 'waiting', resumed: true })
  expect(await issued()).toEqual(fresh)
  expect(await errorOf(rotateCertificates({ ...place, stage: 'finish' }))).toMatchObject({
    code: 'ROTATION_STOPPED',
    message: expect.stringMatching(
      /redis@data-1 to serve its new certificate.*bring the files of tls\/.*certificates --file \S+\/holdfast\.yaml --certificates \S+`/,
    ),
  })
  expect(await shown()).toEqual(before)
  await sited.deliver()
  expect(await rotateCertificates({ ...place, stage: 'finish' })).toMatchObject({
    state: 'done',
    resumed: true,
    hosts: [],
  })
  expect(await issued()).toEqual(fresh)
  expect(await shown()).toEqual(byProcess(fresh))
  expect(await found()).toEqual([])
}, 120_000)

it('a rotation stops at a host that got a certificate without its key, and the host keeps its old one', async () => {
  await rotateCertificates(place)
  const before = await shown()
  const placed = join(dc.stateDir, 'certificates', 'dc1', 'redis-1.crt')
  await cp(join(place.certificates, 'dc1', 'data-1.crt'), placed)
  expect(await errorOf(rotateCertificates({ ...place, stage: 'finish' }))).toMatchObject({
    code: 'ROTATION_STOPPED',
    message: expect.stringMatching(/^redis@data-1: .*CONFIG SET/),
  })
  expect(await shown()).toEqual(before)
  await sited.deliver()
  await rotateCertificates({ ...place, stage: 'finish' })
  expect(await shown()).toEqual(byProcess(await issued()))
}, 90_000)

it('a rotation stops when the delivery command fails, reports that, and continues with the next run', async () => {
  const before = await shown()
  const failing = 'echo no way to data-2 >&2; exit 7'
  expect(await errorOf(rotateCertificates({ ...place, deliverCommand: failing }))).toMatchObject({
    code: 'ROTATION_STOPPED',
    message: expect.stringContaining('exit code 7. Its output: no way to data-2'),
  })
  expect(await shown()).toEqual(before)
  expect(await rotateCertificates({ ...place, deliverCommand })).toMatchObject({
    state: 'done',
    resumed: true,
  })
  expect(await shown()).toEqual(byProcess(await issued()))
}, 90_000)

// INV-OPERATIONS-15.
it('a rotation that is killed at each of its steps continues where it was, and issues each certificate once', async () => {
  const before = await issued()
  expect(await dc.write('before', 'it')).toBe(true)
  const steps: [CertificateStep, number][] = [
    ['check', 1],
    ['issue', 1],
    ['deliver', 1],
    ['redis', 2],
    ['sentinels', 1],
    ['sentinels', 2],
    ['gateways', 1],
    ['prove', 1],
  ]
  let fresh: Record<string, string> | null = null
  for (const [step, times] of steps) {
    const { siteFile } = place
    const args = [DYING, 'certificates', siteFile, place.certificates, deliverCommand, step, `${times}`]
    const child = spawn(process.execPath, args, { stdio: 'ignore' })
    const [, signal] = await once(child, 'close')
    expect([step, signal]).toEqual([step, 'SIGKILL'])
    await dc.untilHealthy()
    if (step === 'check' || step === 'issue') continue
    fresh ??= await issued()
    expect(await issued()).toEqual(fresh)
  }
  expect(await found()).toEqual(['certificate-rotation-unfinished'])
  expect(await rotateCertificates({ ...place, deliverCommand })).toMatchObject({ resumed: true })
  const after = await issued()
  expect(after).toEqual(fresh)
  for (const holder of HOSTS) expect(after[holder]).not.toBe(before[holder])
  expect(await shown()).toEqual(byProcess(after))
  const { host } = await dc.untilHealthy()
  expect(await dc.ask(host, ['GET', 'before'])).toEqual(['it'])
  expect(await found()).toEqual([])
}, 240_000)

it('a rotation changes nothing and is refused without the authority of the hosts, or when there is nothing to finish', async () => {
  const before = await readFile(sited.secretsFile, 'utf8')
  expect(await errorOf(rotateCertificates({ ...place, stage: 'finish' }))).toMatchObject({
    code: 'NOT_SAFE',
    message: expect.stringContaining('no rotation of certificates to finish'),
  })
  const keyless = await temporaryFolder()
  await cp(place.certificates, keyless, { recursive: true })
  await rm(join(keyless, 'dc1', 'ca.key'))
  expect(await errorOf(rotateCertificates({ ...place, certificates: keyless }))).toMatchObject({
    code: 'AUTHORITY_MISSING',
    message: expect.stringContaining('The key of the authority is not in'),
  })
  await new CertificateFolder(keyless, 'dc1').createAuthority({ force: true })
  expect(await errorOf(rotateCertificates({ ...place, certificates: keyless }))).toMatchObject({
    code: 'NOT_SAFE',
    message: expect.stringContaining('Another authority'),
  })
  const tunnelled = join(sited.folder, 'tunnelled.yaml')
  const text = await readFile(place.siteFile, 'utf8')
  await writeFile(tunnelled, text.replace('transport: tls', 'transport: stunnel'))
  expect(await errorOf(rotateCertificates({ ...place, siteFile: tunnelled }))).toMatchObject({
    code: 'NOT_SAFE',
    message: expect.stringContaining('rotate certificates --manual --file FILE'),
  })
  await dc.control.signal('sentinel-2', 'SIGSTOP')
  try {
    expect(await errorOf(rotateCertificates({ ...place, deliverCommand }))).toMatchObject({
      code: 'NOT_SAFE',
      message: expect.stringMatching(/: sentinel\S*2: /),
    })
  } finally {
    await dc.control.signal('sentinel-2', 'SIGCONT')
  }
  expect(await readFile(sited.secretsFile, 'utf8')).toBe(before)
  expect(await stat(journalFile()).catch(() => null)).toBeNull()
  await dc.untilHealthy()
}, 60_000)
