import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre } from '@holdfast/testing/local/data-centre'
import { expect, onTestFinished, test } from 'vitest'
import { switchover } from '../../src/switchover/switchover.ts'

test('a switchover pauses writes for less than 1.5 seconds', async () => {
  const dc = await TestDataCentre.create({ network: await leaseNetwork() })
  onTestFinished(() => dc.remove())
  await dc.start()
  await dc.untilHealthy()
  const { pausedMs } = await switchover({ stateDir: dc.stateDir })
  expect(pausedMs).toBeLessThan(1500)
}, 60_000)
