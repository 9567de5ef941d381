import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { StateFolder } from '@holdfast/local/state/folder'
import { exclusively } from '@holdfast/local/state/lock'
import { openLocal } from '@holdfast/local/state/open'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { programFile } from '@holdfast/testing/program-file'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { switchover } from '../../src/switchover/switchover.ts'
import { upgrade } from '../../src/upgrade/upgrade.ts'

const DYING = programFile(new URL('../programs/dying-upgrade.ts', import.meta.url))
/** HOLDFAST_EVERY_STEP=yes kills it at the other Sentinels, too, and inside of the switchover, which has its own test. */
const EVERY_STEP = process.env['HOLDFAST_EVERY_STEP'] ?? 'no'

let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
})

afterAll(() => dc.remove())

const runIds = async () => {
  const ids: Record<string, string> = {}
  for (const [index, { host }] of dc.topology.dataHosts.entries()) {
    const [redis] = await dc.ask(host, ['INFO', 'server'])
    const [sentinel] = await dc.askSentinel(host, ['INFO', 'server'])
    ids[`redis-${index + 1}`] = redis?.match(/run_id:(\w+)/)?.[1] ?? ''
    ids[`sentinel-${index + 1}`] = sentinel?.match(/run_id:(\w+)/)?.[1] ?? ''
  }
  return ids
}

const events = async () => {
  const text = await readFile(new StateFolder(dc.stateDir).eventLog, 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line): { event: string } => JSON.parse(line))
}

it('an upgrade restarts every process once, and the primary last, after a switchover', async () => {
  const old = await dc.untilHealthy()
  await dc.write('before', 'it', 2)
  const before = await runIds()
  const told: string[] = []
  const report = await upgrade({
    stateDir: dc.stateDir,
    onProgress: ({ step, process }) => {
      if (step === 'restart') told.push(process ?? '')
    },
  })
  const after = await runIds()
  const replicas = ['redis-1', 'redis-2', 'redis-3'].filter((name) => name !== old.name)
  expect(told).toEqual(['sentinel-1', 'sentinel-2', 'sentinel-3', ...replicas, old.name])
  expect(report.restarted.map(({ name }) => name)).toEqual(told)
  for (const name of told) expect(after[name]).not.toBe(before[name])
  const now = await dc.untilHealthy()
  expect(report).toMatchObject({ name: 'dc1', primary: `${now.host}:6379`, mended: [] })
  expect(report.switchovers).toMatchObject([{ from: `${old.host}:6379` }])
  expect(report.versions).toEqual([report.restarted[0]?.to])
  expect(await dc.ask(now.host, ['GET', 'before'])).toEqual(['it'])
})

// INV-OPERATIONS-8.
it('the supervisor does not treat the restarts of an upgrade as crashes: it requests no failover and counts no restart', async () => {
  const seen = (await events()).map(({ event }) => event)
  expect(seen.filter((event) => event === 'restarted on request')).toHaveLength(6)
  expect(seen).not.toContain('ended unexpectedly')
  expect(seen).not.toContain('asked for a failover')
  const { processes } = await dc.status()
  expect(processes.map(({ restarts }) => restarts)).toEqual(processes.map(() => 0))
})

it('an upgrade restarts only the requested processes', async () => {
  const { host } = await dc.untilHealthy()
  const beside = dc.topology.dataHosts.findIndex((dataHost) => dataHost.host !== host)
  const before = await runIds()
  const { restarted } = await upgrade({
    stateDir: dc.stateDir,
    only: 'redis',
    host: dc.topology.dataHosts[beside]?.host ?? '',
  })
  const after = await runIds()
  const changed = Object.keys(after).filter((name) => after[name] !== before[name])
  expect(changed).toEqual([`redis-${beside + 1}`])
  expect(restarted.map(({ name }) => name)).toEqual(changed)
  await expect(upgrade({ stateDir: dc.stateDir, host: '10.9.9.9' })).rejects.toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('There is no data host "10.9.9.9"'),
  })
})

it('an upgrade and a switchover refuse to run beside another operation', async () => {
  await exclusively(await openLocal(dc.stateDir), 'restore', async () => {
    await expect(upgrade({ stateDir: dc.stateDir })).rejects.toMatchObject({ code: 'BUSY' })
    await expect(switchover({ stateDir: dc.stateDir })).rejects.toMatchObject({ code: 'BUSY' })
  })
})

it('an upgrade refuses an unhealthy data centre, and changes nothing when it is interrupted at once', async () => {
  const before = await runIds()
  const leaving = new AbortController()
  leaving.abort()
  await expect(upgrade({ stateDir: dc.stateDir, signal: leaving.signal })).rejects.toMatchObject({
    code: 'UPGRADE_ABORTED',
    message: 'The upgrade was interrupted. Nothing was restarted. Run the upgrade again to resume it.',
  })
  expect(await runIds()).toEqual(before)
})

it('an upgrade that is killed at each step continues with the next run, and restarts no process twice', {
  // A dozen processes that begin: half a minute, and ten times as long where everything else is busy, too.
  timeout: 480_000,
}, async () => {
  await dc.untilHealthy()
  await dc.write('before the walk', 'it', 2)
  const before = (await events()).length
  const died: string[] = []
  for (;;) {
    const child = spawn(process.execPath, [DYING, dc.stateDir, EVERY_STEP, ...died], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
    })
    await once(child, 'close')
    if (said.trim() === 'finished') break
    expect(said, 'it was killed at a step').not.toBe('')
    died.push(said.trim())
    expect(died.length).toBeLessThan(40)
  }
  // Before the first one, at the switchover, and at each restart and after it: of all, or of all but two Sentinels.
  const restarts = died.filter((step) => /^(restart|wait) /.test(step))
  expect(restarts).toHaveLength(EVERY_STEP === 'yes' ? 12 : 8)
  expect(died.length).toBeGreaterThanOrEqual(restarts.length + 2)
  const { host } = await dc.untilHealthy()
  expect(await dc.ask(host, ['GET', 'before the walk'])).toEqual(['it'])
  const requests = (await events()).slice(before).filter(({ event }) => event === 'restarted on request')
  expect(requests).toHaveLength(6)
  expect(await dc.priorities()).toEqual([100, 100, 100])
})
