import { setTimeout as sleep } from 'node:timers/promises'
import { leaseNetwork } from '@holdfast/testing/leases'
import { TestDataCentre, timeUntil } from '@holdfast/testing/local/data-centre'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** A Sentinel that stood still for 2 s is in TILT: it decides nothing, with Redis's default for 30 s (FACT-28). */
let dc: TestDataCentre

beforeAll(async () => {
  dc = await TestDataCentre.create({ network: await leaseNetwork() })
  await dc.start()
})
afterAll(() => dc.remove())

const SENTINELS = ['sentinel-1', 'sentinel-2', 'sentinel-3']
const signalAll = (names: string[], signal: 'SIGSTOP' | 'SIGCONT') =>
  Promise.all(names.map((name) => dc.control.signal(name, signal)))

/** The time until a write is acknowledged, in milliseconds. */
const untilWritten = () =>
  timeUntil(async () => {
    if (!(await dc.write('after', 'the stall'))) throw new Error('no replica has it')
  })

async function standStill(names: string[], ms: number): Promise<void> {
  await signalAll(names, 'SIGSTOP')
  await sleep(ms)
  await signalAll(names, 'SIGCONT')
}

// INV-AGENT-17.
it('after a stall of all Sentinels a killed primary is replaced within 4 s', async () => {
  const { name } = await dc.untilHealthy()
  await standStill(SENTINELS, 4000)
  await dc.control.signal(name, 'SIGKILL')
  expect(await untilWritten()).toBeLessThan(4000)
})

it('after a stall of two Sentinels a primary that hangs is replaced within 6 s', async () => {
  const { name } = await dc.untilHealthy()
  await standStill(SENTINELS.slice(1), 2500)
  await dc.control.signal(name, 'SIGSTOP')
  const tookMs = await untilWritten()
  await dc.control.signal(name, 'SIGCONT')
  expect(tookMs).toBeLessThan(6000)
})

it('a leader that stood still between its election and the promotion promotes within 4 s after it continues', async () => {
  const { name, host } = await dc.untilHealthy()
  await dc.control.signal(name, 'SIGSTOP')
  const leader = await standingLeader()
  await sleep(3000)
  await dc.control.signal(leader, 'SIGCONT')
  const tookMs = await timeUntil(async () => expect((await dc.primary()).host).not.toBe(host))
  await dc.control.signal(name, 'SIGCONT')
  expect(tookMs).toBeLessThan(4000)
})

/** Stops a Sentinel as soon as it leads a failover, and returns its name. */
async function standingLeader(): Promise<string> {
  for (;;) {
    for (const [index, name] of SENTINELS.entries()) {
      const { host = '' } = dc.topology.dataHosts[index] ?? {}
      const [state] = await dc.askSentinelFor(host, 'failover-state')
      if (state === '' || state === undefined) continue
      await dc.control.signal(name, 'SIGSTOP')
      return name
    }
  }
}
