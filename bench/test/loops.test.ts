import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { forEachOf, runInLoops, runInSequence, timeInLoops } from '../src/loops.ts'

test('runInLoops runs the given number of loops at the same time and counts their work', async () => {
  let atOnce = 0
  let most = 0
  const turns = new Set<number>()
  const { count, perSecond } = await runInLoops(60, 8, async (turn) => {
    turns.add(turn)
    atOnce += 1
    most = Math.max(most, atOnce)
    await sleep(5)
    atOnce -= 1
  })
  expect(most).toBe(8)
  expect(turns.size).toBe(count)
  expect(perSecond).toBeLessThan(8 * 200)
})

test('timeInLoops measures the latency of each piece of work', async () => {
  const { p50Ms, p99Ms } = await timeInLoops(60, 4, () => sleep(10))
  expect(p50Ms).toBeGreaterThan(8)
  expect(p99Ms).toBeGreaterThanOrEqual(p50Ms)
})

test('runInSequence lets timers fire between pieces of work', async () => {
  let rang = false
  setTimeout(() => {
    rang = true
  }, 1)
  const untilItRings = async () => {
    if (rang) throw new Error('The timer rang.')
  }
  await expect(runInSequence(60_000, untilItRings)).rejects.toThrow('The timer rang.')
})

test('a measurement rejects with the error of its work', async () => {
  const wrong = async () => {
    throw new Error('not what is measured')
  }
  await expect(runInLoops(50, 2, wrong)).rejects.toThrow('not what is measured')
  await expect(runInSequence(50, wrong)).rejects.toThrow('not what is measured')
})

test('forEachOf runs its work once per number', async () => {
  const turns: number[] = []
  await forEachOf(10, 3, async (turn) => {
    turns.push(turn)
  })
  expect(turns.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
