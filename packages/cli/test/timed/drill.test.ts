import type { DrillReport } from '@holdfast/drill/report'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Sandbox } from '../holdfast.ts'

const NAME = 'cli-drill'

let sandbox: Sandbox

beforeAll(async () => {
  sandbox = await Sandbox.make()
  await sandbox.up(NAME, await leaseNetwork())
}, 120_000)

afterAll(async () => {
  await sandbox.run(['down', '--name', NAME, '--purge'])
  await sandbox.remove()
}, 60_000)

it('a data centre of `holdfast up` passes a drill that kills the primary, and the drill removes its users', async () => {
  const report = await sandbox.json<DrillReport>([
    ...['drill', '--name', NAME],
    ...['--users', '20', '--rate', '50'],
  ])
  expect(report).toMatchObject({
    ok: true,
    problems: [],
    failedRequests: 0,
    failedVerifications: 0,
    failedLogins: 0,
    loggedOut: 0,
    missingAcknowledged: 0,
    undoneLogouts: 0,
  })
  expect(report.newPrimaryMs).toBeLessThan(4000)
  expect(report.audited.gateways).toBe(4 * report.audited.primary)
  expect(Object.keys(report.servers)).toHaveLength(4)
  const { users } = await sandbox.json<{ users: { name: string }[] }>(['users', 'list', '--name', NAME])
  expect(users.map(({ name }) => name)).toEqual(['demo'])
}, 90_000)
