import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import type { AttemptLimit } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { openStore } from '../../support.ts'

const group = groupOfThisFile()
const MINUTES_MS = 600_000

const limitOf = (name: string, limit: number): AttemptLimit => ({ name, limit, windowMs: MINUTES_MS })

// INV-TOKENS-29.
test('a kill of the primary under way forgets no attempt that was allowed', async () => {
  const stores = [await openStore(group()), await openStore(group())]
  const names = Array.from({ length: 20 }, (_, index) => `account-${index}`)
  const allowed = new Map(names.map((name) => [name, 0]))
  const primary = await group().primary()
  let stopped = false
  const attackers = stores.map(async (store) => {
    for (let round = 0; !stopped; round++) {
      const name = names[round % names.length] ?? ''
      const attempt = await store.attempts.take([limitOf(name, 5)])
      if (attempt.allowed) allowed.set(name, (allowed.get(name) ?? 0) + 1)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  await expect.poll(() => Math.max(...allowed.values()), { timeout: 10_000 }).toBeGreaterThan(1)
  await primary.kill()
  await expect
    .poll(() => [...allowed.values()].every((count) => count >= 5), { timeout: 30_000, interval: 100 })
    .toBe(true)
  // A while longer, on the new primary.
  await new Promise((resolve) => setTimeout(resolve, 1000))
  stopped = true
  await Promise.all(attackers)
  expect([...allowed.values()]).toEqual(names.map(() => 5))
  await primary.start()
  await group().untilHealthy()
})

test('what a replica that was away lacks is counted again when that one is promoted', async () => {
  await group().untilHealthy()
  const primary = await group().primary()
  const [behind, witness] = await group().replicas()
  if (behind === undefined || witness === undefined) throw new Error('There are too few replicas.')
  const store = await openStore(group())
  const limit = limitOf('behind', 5)
  await behind.kill()
  for (let tries = 0; tries < 5; tries++) {
    expect(await store.attempts.take([limit])).toMatchObject({ allowed: true })
  }
  // Only the one that lacks them is left to be promoted.
  await Promise.all([primary.kill(), witness.kill()])
  await behind.start()
  const answer = store.attempts.take([limit], { timeoutMs: 25_000 })
  await expect.poll(() => group().primary(), { timeout: 20_000, interval: 100 }).toBe(behind)
  await witness.start()
  expect(await answer).toMatchObject({ allowed: false })
  await primary.start()
})
