import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Sentinels } from '@holdfast/agent/redis/sentinels'
import { isAlive } from '@holdfast/files/process-identity'
import { localGroup } from '@holdfast/site/topology/local-plan'
import { defaultPlan } from '@holdfast/site/topology/place'
import { leaseNetwork } from '@holdfast/testing/leases'
import { startOptions, TestDataCentre } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type StartProgress, startDataCentre } from '../../src/lifecycle/start.ts'
import { stopDataCentre } from '../../src/lifecycle/stop.ts'
import { checkAddresses } from '../../src/preflight/addresses.ts'

const NETWORK = await leaseNetwork()
const OTHER_NETWORK = await leaseNetwork()

let dc1: TestDataCentre
let dc2: TestDataCentre

beforeAll(async () => {
  dc1 = await TestDataCentre.create({ network: NETWORK })
  dc2 = await TestDataCentre.create({ name: 'dc2', network: OTHER_NETWORK })
  await Promise.all([dc1.start(), dc2.start()])
})

afterAll(async () => {
  await Promise.all([dc1.remove(), dc2.remove()])
})

it('a local data centre describes itself for scripts', async () => {
  const text = await readFile(join(dc1.stateDir, 'description.json'), 'utf8')
  expect(JSON.parse(text)).toEqual({
    name: 'dc1',
    stateDir: dc1.stateDir,
    balancer: `http://${NETWORK}.1:8080`,
    gateways: [21, 22, 23, 24].map((last) => `http://${NETWORK}.${last}:8080`),
    redis: [11, 12, 13].map((last) => ({ host: `${NETWORK}.${last}`, port: 6379 })),
    sentinels: [11, 12, 13].map((last) => ({ host: `${NETWORK}.${last}`, port: 26379 })),
    user: 'demo',
    password: expect.stringMatching(/^.{40,}$/),
    proxy: {
      host: `${NETWORK}.2`,
      port: 6380,
      sentinelPort: 26380,
      user: 'platform',
      password: expect.stringMatching(/^.{40,}$/),
    },
    engine: 'redis',
  })
  expect(dc1.running?.description).toEqual(JSON.parse(text))
})

it('a local data centre shows one primary, two linked replicas and three Sentinels that agree', async () => {
  const status = await dc1.status()
  expect(status).toMatchObject({ name: 'dc1', timings: 'fast', supervisor: 'running' })
  expect(status.processes).toHaveLength(12)
  expect(status.processes.every(({ state, pid }) => state === 'running' && pid !== null)).toBe(true)
  expect(status.redis.map((node) => node.reachable && [node.role, node.replicas, node.link])).toEqual([
    ['primary', 2, null],
    ['replica', 0, 'up'],
    ['replica', 0, 'up'],
  ])
  for (const sentinel of status.sentinels) {
    expect(sentinel).toMatchObject({
      primary: `${NETWORK}.11:6379`,
      known: { replicas: 2, sentinels: 2 },
    })
  }
})

it('two local data centres run side by side and know nothing of each other', async () => {
  await dc1.write('only-in', 'dc1')
  await dc2.write('only-in', 'dc2')
  expect(await dc1.ask(`${NETWORK}.12`, ['GET', 'only-in'])).toEqual(['dc1'])
  expect(await dc2.ask(`${OTHER_NETWORK}.12`, ['GET', 'only-in'])).toEqual(['dc2'])
  for (const { known } of (await dc2.status()).sentinels.filter((sentinel) => sentinel.reachable)) {
    expect(known).toEqual({ replicas: 2, sentinels: 2 })
  }
})

// INV-LOCAL-8.
it('a local data centre keeps its secrets to the owner: in modes, in arguments, in the files that Redis rewrites', async () => {
  const secrets: Record<string, unknown> = JSON.parse(
    await readFile(join(dc1.stateDir, 'secrets.json'), 'utf8'),
  )
  await dc1.ask(`${NETWORK}.11`, ['CONFIG', 'REWRITE'], ['ACL', 'SAVE'])
  expect((await stat(dc1.stateDir)).mode & 0o777).toBe(0o700)
  for (const file of [
    'secrets.json',
    'description.json',
    'redis-1/redis.conf',
    'redis-1/users.acl',
    'sentinel-1/sentinel.conf',
    'gateway-1/gateway.json',
    'gateway-1/log',
    'proxy/proxy.env',
  ]) {
    expect([file, (await stat(join(dc1.stateDir, file))).mode & 0o077]).toEqual([file, 0])
  }
  const passwords = Object.values(secrets).filter((value) => typeof value === 'string')
  for (const { pid } of process.platform === 'linux' ? dc1.processes() : []) {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8')
    expect(passwords.filter((password) => commandLine.includes(password))).toEqual([])
  }
})

// INV-LOCAL-7.
it('a local data centre refuses a second supervisor for the same folder', async () => {
  await expect(startDataCentre(startOptions(dc1.stateDir, dc1.plan))).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
    message: expect.stringContaining(dc1.stateDir),
  })
})

it('a local data centre refuses requests that its control socket does not know', async () => {
  await expect(dc1.control.signal('redis-9', 'SIGKILL')).rejects.toMatchObject({
    code: 'CONTROL_REFUSED',
    message: expect.stringContaining('redis-9'),
  })
  await expect(dc1.control.loseHost(`${NETWORK}.99`)).rejects.toMatchObject({ code: 'CONTROL_REFUSED' })
})

it('a local data centre leaves no process and no open port when it stops, and comes back with its data', async () => {
  await dc1.write('kept', 'yes')
  const before = dc1.processes()
  expect(before).toHaveLength(12)
  const report = await stopDataCentre(dc1.stateDir)
  expect(report).toMatchObject({ by: 'supervisor', purged: false })
  expect(report.ended).toHaveLength(12)
  await dc1.running?.stopped
  expect(before.filter(isAlive)).toEqual([])
  await checkAddresses(dc1.plan)
  await dc1.start()
  expect(await dc1.ask(`${NETWORK}.11`, ['GET', 'kept'])).toEqual(['yes'])
})

it('a local data centre accepts other timings for an existing folder, and refuses other hosts', async () => {
  await dc1.stop()
  const reference = defaultPlan({ network: NETWORK, timings: 'reference' })
  await dc1.start({ plan: reference })
  const secrets = JSON.parse(await readFile(join(dc1.stateDir, 'secrets.json'), 'utf8'))
  const sentinels = new Sentinels({ topology: localGroup(reference), secrets, tls: null })
  for (const { downAfterMs, failoverTimeoutMs } of await sentinels.answers(1000)) {
    expect([downAfterMs, failoverTimeoutMs]).toEqual([10_000, 30_000])
  }
  sentinels.close()
  await dc1.stop()
  await expect(
    dc1.start({ plan: defaultPlan({ hosts: [`${NETWORK}.14`, `${NETWORK}.15`, `${NETWORK}.16`] }) }),
  ).rejects.toMatchObject({
    code: 'STATE_MISMATCH',
    message: expect.stringMatching(`${NETWORK}.11.*${NETWORK}.14`),
  })
})

it.each<StartProgress['step']>(['redis', 'sentinels', 'gateways', 'proxy'])(
  'a local data centre can be aborted while it starts its %s',
  async (step) => {
    const controller = new AbortController()
    const started = dc1.start({
      signal: controller.signal,
      onProgress: (progress) => {
        if (progress.step === step) setTimeout(() => controller.abort(), 10)
      },
    })
    await expect(started).rejects.toMatchObject({ code: 'START_ABORTED' })
    expect(dc1.processes()).toEqual([])
    await checkAddresses(dc1.plan)
  },
)

it('a local data centre whose process does not come up names it, and leaves nothing running', async () => {
  const gatewayCommand = [process.execPath, '-e', 'process.exit(3)', '--']
  await expect(dc1.start({ gatewayCommand })).rejects.toMatchObject({
    code: 'START_FAILED',
    message: expect.stringMatching(/gateway-\d keeps crashing.*log/),
  })
  await checkAddresses(dc1.plan)
})

it('a local data centre deletes the folder when it is purged', async () => {
  await dc2.stop()
  expect(await stopDataCentre(dc2.stateDir, { purge: true })).toEqual({
    ended: [],
    by: 'nobody',
    purged: true,
  })
  await expect(stat(dc2.stateDir)).rejects.toMatchObject({ code: 'ENOENT' })
})
