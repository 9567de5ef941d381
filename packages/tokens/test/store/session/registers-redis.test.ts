import { randomUUID } from 'node:crypto'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { expect, test } from 'vitest'
import { makeStore, openStore } from '../../support.ts'
import { testRegisters } from './registers-contract.ts'

const group = groupOfThisFile()
const expiresInMs = 600_000

testRegisters(async (options) => {
  const store = makeStore({ sentinels: group().sentinels.map(({ address }) => address), ...options })
  await store.ready({ timeoutMs: 20_000 })
  return store
})

// INV-TOKENS-61.
test('two stores that race for values while the primary is killed take each value once, and count every increment', {
  timeout: 60_000,
}, async () => {
  await group().untilHealthy()
  const stores = [await openStore(group()), await openStore(group())].map((store) => store.registers('race'))
  const [first] = stores
  const counter = randomUUID()
  const takenBy = new Map<string, number>()
  let [increments, uncertain, stopped] = [0, 0, false]
  const racers = stores.map(async (registers) => {
    while (!stopped) {
      const name = randomUUID()
      await first?.put(name, { value: name, expiresInMs })
      const taken = await Promise.all(stores.map((each) => each.take(name).catch(() => null)))
      // A take that failed may have taken the value.
      const known = taken.filter((answer) => answer?.status === 'present').length
      takenBy.set(name, known + (known === 0 && taken.includes(null) ? 1 : 0))
      await registers.increment(counter, { expiresInMs }).then(
        () => increments++,
        () => uncertain++,
      )
    }
  })
  await expect.poll(() => takenBy.size, { timeout: 10_000 }).toBeGreaterThan(10)
  const primary = await group().primary()
  await primary.kill()
  await expect.poll(() => group().primary(), { timeout: 20_000, interval: 50 }).not.toBe(primary)
  const before = takenBy.size
  await expect.poll(() => takenBy.size, { timeout: 20_000 }).toBeGreaterThan(before + 10)
  stopped = true
  await Promise.all(racers)
  await primary.start()
  await group().untilHealthy()
  expect([...takenBy.values()].filter((count) => count !== 1)).toEqual([])
  const late = (await openStore(group())).registers('race')
  const counted = await late.get(counter, { timeoutMs: 10_000 })
  if (counted.status !== 'present') throw new Error(`The counter is ${counted.status}.`)
  // An increment whose outcome was unknown may count twice, as its description says.
  expect(counted.value).toBeGreaterThanOrEqual(increments)
  expect(counted.value).toBeLessThanOrEqual(increments + uncertain + stores.length)
  for (const name of takenBy.keys()) {
    expect(await late.get(name, { timeoutMs: 10_000 })).toEqual({ status: 'absent' })
  }
})
