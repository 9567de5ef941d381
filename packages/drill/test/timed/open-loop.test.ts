import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { startOpenLoop } from '../../src/open-loop.ts'

it('the open loop keeps its rate while answers are slow', async () => {
  let sent = 0
  const loop = startOpenLoop({
    perSecond: 200,
    maxInFlight: 1000,
    send: async () => {
      sent += 1
      await sleep(300)
    },
  })
  await sleep(500)
  expect(await loop.stop()).toEqual({ unsent: 0 })
  expect(sent).toBeGreaterThanOrEqual(90)
  expect(sent).toBeLessThanOrEqual(120)
})

// INV-DRILL-4.
it('latency counts from when a request was due, also if it had to wait to be sent', async () => {
  const waited: number[] = []
  const loop = startOpenLoop({
    perSecond: 100,
    maxInFlight: 1,
    send: async (scheduledAtMs) => {
      await sleep(50)
      waited.push(performance.now() - scheduledAtMs)
    },
  })
  await sleep(400)
  const { unsent } = await loop.stop()
  expect(waited.at(-1)).toBeGreaterThan(200)
  expect(unsent).toBeGreaterThan(20)
})

it('stopping the open loop waits for open requests', async () => {
  let answered = 0
  const loop = startOpenLoop({
    perSecond: 50,
    maxInFlight: 100,
    send: async () => {
      await sleep(100)
      answered += 1
    },
  })
  await sleep(50)
  const underWay = loop.inFlight
  expect(underWay).toBeGreaterThan(0)
  await loop.stop()
  expect(loop.inFlight).toBe(0)
  expect(answered).toBeGreaterThanOrEqual(underWay)
})
