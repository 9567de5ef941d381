import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { examine } from '@holdfast/operations/doctor/examine'
import { fixFindings } from '@holdfast/operations/doctor/fix'
import { type Host, REDIS_SETTINGS, type RedisSettings, type Site } from '@holdfast/site/file/site'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, expect, it } from 'vitest'

const MIB = 1024 ** 2
let dc: TestDataCentre
let said: string[]

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
})
afterAll(() => dc.remove())

/** As `up --file` starts it: a file always says them all. */
const startBy = async (settings: Partial<RedisSettings>, more: Partial<Site> = {}, hosts?: Host[]) => {
  said = []
  await dc.stop()
  const dataCentre = { ...dc.plan.dataCentre, ...(hosts && { hosts }) }
  const redis = { ...REDIS_SETTINGS, ...settings }
  const site = { ...dc.plan.site, redis, ...more, dataCentres: [dataCentre] }
  await dc.start({
    plan: { ...dc.plan, site, dataCentre },
    onProgress: ({ state, text }) => state === 'done' && said.push(text),
  })
}

const memoryLimits = async () => {
  const infos = await Promise.all(dc.topology.dataHosts.map(({ host }) => dc.ask(host, ['INFO', 'memory'])))
  return infos.map(([info = '']) => Number(/^maxmemory:(\d+)/m.exec(info)?.[1]) / MIB)
}
const found = async () =>
  (await examine({ stateDir: dc.stateDir })).findings.filter(({ check }) => !/^failover|^tilt/.test(check))
const fileOf = (name: string) => readFile(join(dc.stateDir, name, 'redis.conf'), 'utf8')

it('a fresh data centre has the settings of its file, and the doctor compares with them', async () => {
  await startBy({ maxmemoryMb: 96, backlogMb: 16, replicaBufferMb: 64, appendfsync: 'always' })
  expect(await memoryLimits()).toEqual([96, 96, 96])
  expect(await fileOf('redis-2')).toMatch(/^repl-backlog-size 16mb$/m)
  expect(await found()).toEqual([])
}, 60_000)

// INV-LOCAL-4.
it('a start with a changed file changes every Redis and its own file, also a priority', async () => {
  const hosts = dc.plan.dataCentre.hosts.map((host, index) =>
    index === 1 ? { ...host, replicaPriority: 50 } : host,
  )
  await startBy({ maxmemoryMb: 128, backlogMb: 8 }, {}, hosts)
  expect(await memoryLimits()).toEqual([128, 128, 128])
  expect(await dc.priorities()).toEqual([100, 50, 100])
  for (const name of ['redis-1', 'redis-2', 'redis-3']) {
    expect(await fileOf(name)).toMatch(/^appendfsync everysec$/m)
    expect(await fileOf(name)).toMatch(/^repl-backlog-size 8mb$/m)
    expect(await fileOf(name)).toMatch(/^maxmemory 128mb$/m)
  }
  expect(await found()).toEqual([])
}, 60_000)

it('a start without the file keeps what the file has said', async () => {
  await dc.stop()
  await dc.start()
  expect(await memoryLimits()).toEqual([128, 128, 128])
  expect((await found()).map(({ check }) => check)).not.toContain('memory-limit-drifted')
}, 60_000)

it('a memory limit that the data would fill is not set, and that is said by the start and by the doctor', async () => {
  expect(await dc.write('large', 'x'.repeat(20 * MIB), 2)).toBe(true)
  await dc.onDisk()
  await startBy({ maxmemoryMb: 24 })
  expect(await memoryLimits()).toEqual([128, 128, 128])
  expect(said.join()).toMatch(
    /maxmemory was not lowered to 24 MiB: .* Set redis\.maxmemoryMb to \d+ or more\./,
  )
  const findings = (await found()).filter(({ check }) => check === 'memory-limit-drifted')
  expect(findings).toHaveLength(3)
  expect(findings.map(({ fix }) => fix)).toEqual([undefined, undefined, undefined])
  expect(findings[0]?.mend).toMatch(/Raise redis\.maxmemoryMb in the file of the data centre to \d+ or more/)
}, 60_000)

it('the doctor raises a memory limit that is lower than planned, in the file of Redis, too', async () => {
  await startBy({ maxmemoryMb: 128 })
  const [first] = dc.topology.dataHosts
  await dc.ask(first?.host ?? '', ['CONFIG', 'SET', 'maxmemory', String(100 * MIB)])
  const findings = await found()
  expect(findings.map(({ check, subject }) => [check, subject])).toEqual([
    ['memory-limit-drifted', 'redis-1'],
  ])
  await fixFindings({ stateDir: dc.stateDir }, findings)
  expect(await memoryLimits()).toEqual([128, 128, 128])
  expect(await fileOf('redis-1')).toMatch(/^maxmemory 128mb$/m)
}, 60_000)

it('another engine is refused for a folder that has data', async () => {
  await dc.stop()
  const engine = { name: 'valkey', version: '8.0' } as const
  await expect(startBy({}, { engine })).rejects.toMatchObject({
    code: 'STATE_MISMATCH',
    message: expect.stringContaining('engine "redis", not "valkey"'),
  })
}, 60_000)
