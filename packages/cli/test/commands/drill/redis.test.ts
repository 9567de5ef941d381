import type { DrillReport } from '@holdfast/drill/report'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Sandbox, withoutTimeLimits } from '../../holdfast.ts'

const NAME = 'drill-redis'

let sandbox: Sandbox
let slo: string[]

beforeAll(async () => {
  sandbox = await Sandbox.make()
  slo = await withoutTimeLimits(sandbox.folder)
  await sandbox.up(NAME, await leaseNetwork())
}, 120_000)

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME, '--purge'])
  await sandbox.remove()
}, 60_000)

const drill = (target: string) =>
  sandbox.json<DrillReport>([
    ...['drill', '--redis', '--kill', target, '--name', NAME],
    ...['--users', '4', '--rate', '10', ...slo],
  ])

it('`holdfast drill --redis` shows that plain clients of the proxy do not notice the death of the primary', async () => {
  const { redis, problems, ok } = await drill('primary')
  expect(problems).toEqual([])
  expect(redis).toMatchObject({ failedCommands: 0, lostWrites: 0, repeatedWrites: 0, endedConnections: 0 })
  expect(redis?.acknowledgedWrites).toBeGreaterThan(300)
  expect(ok).toBe(true)
}, 120_000)

it('`holdfast drill --redis` fails when the proxy is taken out: its clients lose their connections', async () => {
  const { redis, problems, ok } = await drill('proxy')
  expect(ok).toBe(false)
  expect(redis?.endedConnections).toBe(10)
  expect(problems).toContain('Ended connections of Redis clients: 10, objective at most 0.')
}, 120_000)
