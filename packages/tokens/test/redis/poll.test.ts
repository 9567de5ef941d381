import { expect, onTestFinished, test } from 'vitest'
import { Poll } from '../../src/redis/poll.ts'
import { pause } from '../support.ts'

test('it asks again and again, and not any more once it was stopped', async () => {
  let asked = 0
  const poll = new Poll(
    async () => {
      asked += 1
    },
    () => 5,
  )
  await expect.poll(() => asked, { timeout: 10_000 }).toBeGreaterThan(5)
  poll.stop()
  const then = asked
  poll.now()
  await pause(30)
  expect(asked).toBe(then)
})

test('it asks at once when told to, and never twice at a time', async () => {
  let under = 0
  let most = 0
  let asked = 0
  const poll = new Poll(
    async () => {
      asked += 1
      under += 1
      most = Math.max(most, under)
      await pause(10)
      under -= 1
    },
    () => 60_000,
  )
  onTestFinished(() => poll.stop())
  for (let times = 0; times < 5; times++) poll.now()
  expect(asked).toBe(1)
  await pause(30)
  poll.now()
  expect(asked).toBe(2)
  expect(most).toBe(1)
})
