import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DrillReport } from '@holdfast/drill/report'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import type { CertificatesReport } from '@holdfast/operations/rotate/certificates/choices'
import type { KeyringReport } from '@holdfast/operations/rotate/keyring/choices'
import type { PasswordsReport } from '@holdfast/operations/rotate/passwords/choices'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Sandbox, withoutTimeLimits } from '../../holdfast.ts'

const NETWORK = await leaseNetwork()

const NAME = 'rotate-test'
let sandbox: Sandbox
let centre: DataCentreDescription

beforeAll(async () => {
  sandbox = await Sandbox.make()
  centre = await sandbox.json(['up', '--detach', '--name', NAME, '--network', NETWORK, '--transport', 'tls'])
}, 120_000)

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME, '--purge'])
  await sandbox.remove()
}, 60_000)

/** Sends ten logins and a hundred verifications per second through the balancer during `work`, and returns the statuses. */
async function underRequests(
  work: () => Promise<void>,
): Promise<{ statuses: (number | string)[]; tokens: string[] }> {
  const statuses: (number | string)[] = []
  const tokens: string[] = []
  const inTime = () => AbortSignal.timeout(30_000)
  const note = async (request: Promise<Response>) => {
    const response = await request.catch((error: Error) => error)
    statuses.push(response instanceof Error ? response.message : response.status)
    return response instanceof Error ? null : response
  }
  const logIn = async () => {
    const { user: username, password } = centre
    const body = JSON.stringify({ username, password, response_type: 'token' })
    const headers = { 'content-type': 'application/json' }
    const response = await note(
      fetch(`${centre.balancer}/login`, { method: 'POST', headers, body, signal: inTime() }),
    )
    if (response?.ok) tokens.push(((await response.json()) as { token: string }).token)
  }
  const verify = async (token: string | undefined) => {
    if (token === undefined) return
    const headers = { authorization: `Bearer ${token}` }
    await note(fetch(`${centre.balancer}/verify`, { headers, signal: inTime() }))
  }
  let isOver = false
  const waiting = new Set<Promise<void>>()
  const repeat = async (everyMs: number, request: () => Promise<void>) => {
    while (!isOver) {
      const asked = request().finally(() => waiting.delete(asked))
      waiting.add(asked)
      await sleep(everyMs)
    }
  }
  // One user from one address: the login limit counts logins that are in progress, and refuses too many at once.
  const oneByOne = async (everyMs: number, request: () => Promise<void>) => {
    while (!isOver) await Promise.all([request(), sleep(everyMs)])
  }
  const users = [
    oneByOne(100, logIn),
    repeat(10, () => verify(tokens[Math.floor(Math.random() * tokens.length)])),
  ]
  await sleep(500)
  await work()
  await sleep(500)
  isOver = true
  await Promise.all([...users, ...waiting])
  for (const token of tokens) await verify(token)
  return { statuses, tokens }
}

it('`holdfast rotate` gives every process a new certificate and the gateways a new key without a failed request', async () => {
  let certificates: CertificatesReport | null = null
  let ring: KeyringReport | null = null
  const { statuses, tokens } = await underRequests(async () => {
    certificates = await sandbox.json<CertificatesReport>(['rotate', 'certificates', '--name', NAME])
    ring = await sandbox.json<KeyringReport>(['rotate', 'keyring', '--name', NAME])
  })
  // Six processes of data, four gateways, the proxy, and the commands of this machine.
  expect(certificates).toMatchObject({ renewed: { length: 12 }, resumed: false })
  expect(ring).toMatchObject({ before: 'k1', current: 'k2', next: null })
  expect(statuses.filter((status) => status !== 200)).toEqual([])
  expect(tokens.length).toBeGreaterThan(20)
  expect(statuses.length).toBeGreaterThan(200)
  for (const [index] of centre.gateways.entries()) {
    const log = await readFile(join(centre.stateDir, `gateway-${index + 1}`, 'log'), 'utf8')
    expect(log).toMatch(/"event":"config-taken","keys":\[[^\]]*"store\.tls"/)
    expect(log).toMatch(/"event":"config-taken","keys":\[[^\]]*"store\.keyring"/)
  }
  const { code } = await sandbox.run(['doctor', '--name', NAME])
  expect(code).toBe(0)
}, 90_000)

it('`holdfast rotate` gives every user a new password in two stages without a failed request', async () => {
  const rotate = (...more: string[]) =>
    sandbox.json<PasswordsReport>(['rotate', 'passwords', '--name', NAME, ...more])
  const reports: PasswordsReport[] = []
  const { statuses, tokens } = await underRequests(async () => {
    reports.push(await rotate('--stage', 'begin'))
    reports.push(await rotate('--stage', 'finish', '--yes'))
  })
  expect(reports).toMatchObject([
    { state: 'waiting', users: { length: 9 }, connections: { ended: 0 } },
    { state: 'done', users: { length: 9 }, connections: { ended: 0 } },
  ])
  expect(statuses.filter((status) => status !== 200)).toEqual([])
  expect(tokens.length).toBeGreaterThan(20)
  const { code } = await sandbox.run(['doctor', '--name', NAME])
  expect(code).toBe(0)
}, 90_000)

it('`holdfast rotate` refuses to remove passwords without a confirmation, and to rotate users that do not exist', async () => {
  const asked = await sandbox.run(['rotate', 'passwords', '--name', NAME])
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('use --yes')])
  const unknown = await sandbox.run(['rotate', 'passwords', '--name', NAME, '--user', 'nobody'])
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('got "nobody"')])
  const odd = await sandbox.run(['rotate', 'passwords', '--name', NAME, '--stage', 'begin', '--undo'])
  expect([odd.code, odd.stderr]).toEqual([2, expect.stringContaining('not both')])
})

it('`holdfast rotate` prints the result into a pipe without colours', async () => {
  const { code, stdout, stderr } = await sandbox.run([
    'rotate',
    'keyring',
    '--name',
    NAME,
    '--stage',
    'begin',
  ])
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(
      /^ {2}✓ Every gateway knows k3; k2 still seals\. \(.*\)\n {2}Give the key ring .*\n$/,
    ),
  ])
  expect(stderr).toContain('Adding the key k3')
  const finished = await sandbox.run(['rotate', 'keyring', '--name', NAME, '--stage', 'finish'])
  expect(finished.stdout).toContain('✓ k3 seals new sessions instead of k2.')
})

it.each(['passwords', 'certificates', 'keyring'])(
  '`holdfast rotate` rotates %s in a drill, and no user notices',
  async (secrets) => {
    const report = await sandbox.json<DrillReport>([
      ...['drill', '--name', NAME, '--users', '20', '--rate', '50', '--rotate', secrets],
      ...(await withoutTimeLimits(sandbox.folder)),
    ])
    expect(report).toMatchObject({
      id: `rotate-${secrets}`,
      ok: true,
      failedRequests: 0,
      connections: { before: expect.any(Number), ended: 0 },
    })
    expect(report.connections?.before).toBeGreaterThan(0)
    expect(report.operationMs).toBeGreaterThan(0)
  },
  90_000,
)

it('`holdfast rotate` shows a plan and changes nothing', async () => {
  const file = join(centre.stateDir, 'secrets.json')
  const before = await readFile(file, 'utf8')
  const keyring = await sandbox.run(['rotate', 'keyring', '--name', NAME, '--dry-run'])
  expect(keyring.stdout).toContain('1. Add a key k5 to the ring; k4 still seals.')
  const { steps } = await sandbox.json<{ steps: string[] }>([
    'rotate',
    'certificates',
    '--name',
    NAME,
    '--dry-run',
  ])
  expect(steps[0]).toContain('Issue new certificates from the same authority for redis-1, sentinel-1,')
  expect(await readFile(file, 'utf8')).toBe(before)
})

it('`holdfast rotate` prints the manual steps for the hosts of a site, in order', async () => {
  const file = join(sandbox.folder, 'holdfast.yaml')
  const made = await sandbox.run([
    'init',
    file,
    '--hosts',
    '10.0.1.11,10.0.1.12,10.0.1.13',
    '--applications',
    '10.0.2.11',
    '--transport',
    'tls',
  ])
  expect([made.code, made.stderr]).toEqual([0, ''])
  const { code, stdout } = await sandbox.run(['rotate', 'certificates', '--manual', '--file', file])
  expect(code).toBe(0)
  expect(stdout).toContain('holdfast ca renew --name dc1 --within 398')
  expect(stdout).toMatch(
    /rendered\/dc1\/[\w-]+\/tls\/host-key\.pem +-> \/etc\/holdfast\/tls\/host-key\.pem +secret/,
  )
  expect(stdout).toContain(
    'CONFIG SET tls-cert-file /etc/holdfast/tls/host.pem tls-key-file /etc/holdfast/tls/host-key.pem',
  )
  expect(stdout.indexOf('CKQUORUM')).toBeLessThan(stdout.indexOf('systemctl restart holdfast-sentinel'))
})

it.each([
  [['rotate', 'keyring', '--stage', 'middle'], /must be one of begin, finish/],
  [['rotate', 'keyring', '--stage', 'begin', '--forget-old'], /Give --stage or --forget-old, not both/],
  [['rotate', 'passwords', '--deliver-command', 'true'], /--deliver-command needs --file/],
  [['rotate', 'keyring', '--deliver-command', 'true'], /--deliver-command needs --file/],
  [['rotate', 'certificates', '--stage', 'finish'], /--stage needs --file/],
  [['rotate', 'certificates', '--manual'], /--manual needs --file/],
  [['rotate', 'certificates', '--file', 'a.yaml', '--name', 'b'], /not both/],
  [['rotate', 'certificates', '--days', '999'], /must be a whole number from 1 to 398/],
])('`holdfast rotate` refuses a wrong command line: %j', async (args, message) => {
  const { code, stderr } = await sandbox.run(args)
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)])
})

it('`holdfast rotate` exits with 3 if no data centre runs', async () => {
  const { code, stderr } = await sandbox.run(['rotate', 'keyring', '--name', 'nowhere'])
  expect([code, stderr]).toEqual([3, expect.stringContaining('There is no data centre')])
})

it('`holdfast rotate` prints which files each host of a site needs, and how to continue', async () => {
  const file = join(sandbox.folder, 'by-file.yaml')
  const hosts = [
    ...[1, 2, 3].map((n) => `{ name: d${n}, address: ${NETWORK}.1${n}, runs: [redis, sentinel] }`),
    ...[1, 2, 3, 4].map((n) => `{ name: g${n}, address: ${NETWORK}.2${n}, runs: [gateway] }`),
  ]
  const head = 'version: 1\nengine: redis 7.0\ntransport: tls\ntimings: fast\ndataCentres:'
  const body = hosts.map((host) => `      - ${host}`).join('\n')
  await writeFile(
    file,
    `${head}\n  ${NAME}:\n    secrets: { file: ${centre.stateDir} }\n    hosts:\n${body}\n`,
  )
  const place = ['--file', file, '--certificates', join(centre.stateDir, 'certificates')]
  const plan = await sandbox.run(['rotate', 'certificates', ...place, '--dry-run'])
  expect(plan.stderr).toBe('')
  expect([plan.code, plan.stdout.replace(/\s+/g, ' ')]).toEqual([
    0,
    expect.stringMatching(/1\. Issue new .*2\. Yours to do on d1: .*Stop there.*Nothing was changed/),
  ])
  const issued = await sandbox.run(['rotate', 'certificates', ...place])
  expect([issued.code, issued.stdout]).toEqual([
    0,
    expect.stringMatching(
      /Issued 8 new certificates.*d1: .*host-key\.pem.*restart holdfast-watchdog.*When this is done: {2}holdfast rotate certificates --stage finish --file /s,
    ),
  ])
  const ring = await sandbox.run(['rotate', 'keyring', ...place])
  expect([ring.code, ring.stdout]).toEqual([
    0,
    expect.stringMatching(
      /Added k\d+ to the key ring in secrets\.json; k\d+ still seals\..*g4: .*reload holdfast-gateway.*When this is done: {2}holdfast rotate keyring --stage finish --file /s,
    ),
  ])
  const status = await sandbox.run(['status', ...place])
  expect(status.stdout).toMatch(/rotation.*certificates/)
}, 60_000)
