import { once } from 'node:events'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RehearsalReport } from '@holdfast/drill/rehearsal/rehearse'
import type { DrillReport } from '@holdfast/drill/report'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import { connectControl } from '@holdfast/local/supervise/control-client'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { collect, Sandbox, withoutTimeLimits } from './holdfast.ts'

const NAME = 'cli-test'
const NETWORK = await leaseNetwork()
const DRILL_MS = 90_000

let sandbox: Sandbox
let centre: DataCentreDescription

beforeAll(async () => {
  sandbox = await Sandbox.make()
  centre = await sandbox.up(NAME, NETWORK)
}, 120_000)

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME, '--purge'])
  await sandbox.remove()
}, 60_000)

async function logIn(base = centre.balancer): Promise<string> {
  const response = await fetch(`${base}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: centre.user, password: centre.password, response_type: 'token' }),
    signal: AbortSignal.timeout(30_000),
  })
  expect(response.status).toBe(200)
  const { token } = (await response.json()) as { token: string }
  return token
}

function ask(base: string, token: string, path = '/session', method = 'GET'): Promise<Response> {
  return fetch(base + path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(30_000),
  })
}

const drill = (...args: string[]) =>
  sandbox.json<DrillReport>(['drill', '--name', NAME, '--users', '20', '--rate', '50', ...args])

it('a data centre of `holdfast up` prints a description that a script can use', async () => {
  expect(centre).toMatchObject({
    name: NAME,
    stateDir: join(sandbox.folder, 'holdfast', NAME),
    balancer: `http://${NETWORK}.1:8080`,
    gateways: [21, 22, 23, 24].map((last) => `http://${NETWORK}.${last}:8080`),
    redis: [11, 12, 13].map((last) => ({ host: `${NETWORK}.${last}`, port: 6379 })),
    sentinels: [11, 12, 13].map((last) => ({ host: `${NETWORK}.${last}`, port: 26379 })),
    user: 'demo',
  })
  const status = await sandbox.status(NAME)
  expect(status.processes.map(({ state }) => state)).toEqual(Array(12).fill('running'))
})

it('a data centre of `holdfast up` accepts one login on all four gateways in turn', async () => {
  const token = await logIn()
  const servers: string[] = []
  for (let request = 0; request < 12; request++) {
    const response = await ask(centre.balancer, token)
    const session = (await response.json()) as { subject: string; server: string }
    expect(session.subject).toBe('demo')
    servers.push(session.server)
  }
  expect(new Set(servers).size).toBe(4)
  for (let first = 0; first + 4 <= servers.length; first += 4) {
    expect(new Set(servers.slice(first, first + 4)).size).toBe(4)
  }
})

it('a data centre of `holdfast up` logs in a user who was added while it ran, with the password from standard input', async () => {
  const added = await sandbox.run(['users', 'add', 'ada', '--name', NAME], 'correct horse\n')
  expect(added).toMatchObject({ code: 0, stderr: '' })
  const response = await fetch(`${centre.balancer}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ada', password: 'correct horse' }),
  })
  expect(response.status).toBe(200)
  const { users } = await sandbox.json<{ users: { name: string }[] }>(['users', 'list', '--name', NAME])
  expect(users.map(({ name }) => name)).toEqual(['demo', 'ada'])
})

it('a data centre of `holdfast up` is examined by the doctor, which exits with 1 for an error and fixes it with --fix', async () => {
  const doctor = (...args: string[]) => sandbox.run(['doctor', '--name', NAME, ...args])
  await expect.poll(async () => (await doctor()).code, { timeout: 15_000 }).toBe(0)
  expect((await doctor()).stdout).toMatch(/✓ cli-test {2}\d+ checks passed/)

  const secrets = join(centre.stateDir, 'secrets.json')
  await chmod(secrets, 0o644)
  const { code, stdout } = await doctor()
  expect(code).toBe(1)
  expect(stdout).toContain(`chmod 600 ${secrets}`)
  expect(stdout).toContain('To fix 1 of 1 finding:  holdfast doctor --fix --name cli-test')
  expect(JSON.parse((await doctor('--json')).stdout)).toMatchObject({
    findings: [{ check: 'secrets-readable', severity: 'error', subject: secrets }],
  })
  const fixed = await doctor('--fix')
  expect(fixed.code).toBe(0)
  expect(fixed.stdout).toContain(`fixed      ${secrets}`)
  expect((await stat(secrets)).mode & 0o777).toBe(0o600)
}, 60_000)

it('a data centre of `holdfast up` refuses a session on every gateway after its logout on one, also after a kill of the primary', async () => {
  const token = await logIn()
  const keeper = await logIn()
  const [first = ''] = centre.gateways
  expect((await ask(first, token, '/logout', 'POST')).status).toBe(200)
  for (const gateway of centre.gateways) expect((await ask(gateway, token)).status).toBe(401)

  const primary = (await sandbox.status(NAME)).redis.find((node) => node.reachable && node.role === 'primary')
  await connectControl(centre.stateDir).signal(primary?.name ?? '', 'SIGKILL')
  const untilMs = performance.now() + 3000
  while (performance.now() < untilMs) {
    for (const gateway of centre.gateways) {
      expect((await ask(gateway, token)).status).toBe(401)
      expect((await ask(gateway, keeper)).status).toBe(200)
    }
    await sleep(100)
  }
}, 30_000)

it(
  'a data centre of `holdfast up` runs a rehearsal whose report contains the measurements and names the missed objective',
  async () => {
    const slo = join(sandbox.folder, 'slo.yaml')
    const page = join(sandbox.folder, 'report.html')
    await writeFile(slo, 'faults: { kill-gateway: { longestLoginMs: 0 } }')
    const report = await sandbox.json<RehearsalReport>([
      ...['drill', '--name', NAME, '--users', '20', '--rate', '50'],
      ...['--only', 'kill-gateway', '--slo', slo, '--report', page],
    ])
    expect(report).toMatchObject({
      ok: false,
      problems: expect.arrayContaining([
        expect.stringMatching(/^kill-gateway: Longest login wait: [\d,]+ ms, objective at most 0 ms\.$/),
      ]),
      notMade: [],
      reports: [{ id: 'kill-gateway', failedRequests: 0, loggedOut: 0, newPrimaryMs: null }],
    })
    const written = await readFile(page, 'utf8')
    const data = /id="holdfast-drill">(.*)<\/script>/.exec(written)?.[1] ?? ''
    expect(JSON.parse(data)).toEqual(report)
  },
  DRILL_MS,
)

it(
  'a data centre of `holdfast up` is cleaned up by the doctor after a drill was killed',
  async () => {
    const child = sandbox.spawn(
      ...[
        'drill',
        '--name',
        NAME,
        '--users',
        '5',
        '--rate',
        '20',
        '--fill-memory',
        'primary',
        '--duration',
        '60000',
      ],
    )
    const output = collect(child)
    while (!output.stdout.includes('fill the memory')) await sleep(50)
    await sleep(1000)
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
    const found = await sandbox.run(['doctor', '--name', NAME])
    expect(found).toMatchObject({ code: 1, stdout: expect.stringContaining('drill-left-behind') })
    expect(found.stdout).toMatch(/^ +fix +holdfast doctor --fix --name cli-test$/m)
    const mended = await sandbox.run(['doctor', '--fix', '--name', NAME])
    expect(mended).toMatchObject({ code: 0, stdout: expect.not.stringContaining('memory-nearly-full') })
    expect(await readFile(join(centre.stateDir, 'users.json'), 'utf8')).not.toContain('drill-')
  },
  DRILL_MS,
)

it(
  'a data centre of `holdfast up` undoes the fault and removes its users when a drill is interrupted',
  async () => {
    const child = sandbox.spawn(
      'drill',
      '--name',
      NAME,
      '--users',
      '5',
      '--rate',
      '20',
      '--pause',
      'replica',
      '--duration',
      '60000',
    )
    const output = collect(child)
    while (!output.stdout.includes('pause redis')) await sleep(50)
    for (const command of ['switchover', 'drill']) {
      expect(await sandbox.run([command, '--name', NAME])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Another operation changes this data centre: drill, since'),
      })
    }
    child.kill('SIGINT')
    const [code] = (await once(child, 'close')) as [number]
    expect({ code, stderr: output.stderr }).toEqual({
      code: 130,
      stderr: 'Error: The drill was interrupted.\n',
    })
    const usersFile = await readFile(join(centre.stateDir, 'users.json'), 'utf8')
    expect(usersFile).not.toContain('drill-')
    await expect
      .poll(async () => (await sandbox.status(NAME)).redis.map(({ reachable }) => reachable), {
        timeout: 15_000,
      })
      .toEqual([true, true, true])
  },
  DRILL_MS,
)

it('a data centre of `holdfast up` shows its status as it changes: in place on a terminal, one line per change in a pipe', async () => {
  const piped = sandbox.spawn('status', '--watch', '--name', NAME)
  const lines = collect(piped)
  while (!lines.stdout.includes('\n')) await sleep(50)
  piped.kill('SIGINT')
  expect(await once(piped, 'close')).toEqual([0, null])
  expect(lines.stdout).toMatch(
    /^\S+Z cli-test: healthy; primary redis-\d .*; 2 of 2 replicas linked; 3 of 3 Sentinels agree.*\n$/,
  )
  const screen = await sandbox.onTerminal(['status', '--watch', '--name', NAME], 'healthy', 'q')
  expect(screen.code).toBe(0)
  // It uses the alternate screen without a cursor, and restores the terminal.
  const [entered = -1, shown = -1, left = -1] = [
    '\u001b[?1049h\u001b[?25l',
    'PROCESS',
    '\u001b[?25h\u001b[?1049l',
  ].map((text) => screen.printed.lastIndexOf(text))
  expect(entered).toBeGreaterThanOrEqual(0)
  expect(shown).toBeGreaterThan(entered)
  expect(left).toBeGreaterThan(shown)
}, 60_000)

it(
  'a data centre of `holdfast up` is upgraded without a failed request, and prints what was restarted',
  async () => {
    const report = await drill('--upgrade', ...(await withoutTimeLimits(sandbox.folder)))
    expect(report).toMatchObject({ ok: true, failedRequests: 0, missingAcknowledged: 0, loggedOut: 0 })
    const { code, stdout } = await sandbox.run(['upgrade', '--name', NAME, '--only', 'sentinel'])
    expect(code).toBe(0)
    expect(stdout.match(/^ +sentinel-\d +\d+\.\d+\.\d+ +[\d.]+ m?s$/gm)).toHaveLength(3)
  },
  DRILL_MS,
)

it('a data centre of `holdfast up` can be started neither twice nor beside itself on the same addresses', async () => {
  const again = await sandbox.run(['up', '--name', NAME, '--network', NETWORK])
  expect(again.code).toBe(1)
  expect(again.stderr).toMatch(/^Error: A data centre is already running .*\n$/)
  const beside = await sandbox.run(['up', '--detach', '--json', '--name', 'other', '--network', NETWORK])
  expect(beside).toMatchObject({ code: 1, stdout: '' })
  expect(beside.stderr).toMatch(/is in use by redis-server/)
})

it('a data centre of `holdfast up` leaves no process and no port after down, and with --purge no folder', async () => {
  const { processes } = await sandbox.status(NAME)
  expect((await sandbox.run(['down', '--name', NAME, '--purge'])).code).toBe(0)
  for (const { pid } of processes) expect(isAlive(pid)).toBe(false)
  for (const { host, port } of processes) expect(await isOpen(host, port)).toBe(false)
  await expect(stat(centre.stateDir)).rejects.toThrow('ENOENT')
  expect((await sandbox.run(['status', '--name', NAME])).code).toBe(3)
}, 60_000)

function isAlive(pid: number | null): boolean {
  try {
    return pid !== null && process.kill(pid, 0)
  } catch {
    return false
  }
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port })
    const answer = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => answer(true))
    socket.once('error', () => answer(false))
  })
}
