import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createTurns } from '../../src/users/turns.ts'

test('no more than `atOnce` run, in the order of their coming', async () => {
  const turns = createTurns({ atOnce: 2, waiting: 10, waitMs: 1000 })
  let running = 0
  let most = 0
  const started: number[] = []
  const work = (index: number) => async () => {
    started.push(index)
    most = Math.max(most, ++running)
    await sleep(5)
    running--
    return index
  }
  const results = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => turns.take(work(index))))
  expect(results).toEqual([0, 1, 2, 3, 4, 5])
  expect(started).toEqual([0, 1, 2, 3, 4, 5])
  expect(most).toBe(2)
})

test('a turn that does not come in time is none, and leaves the queue', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 1, waitMs: 20 })
  const first = turns.take(() => sleep(100, 'first'))
  expect(await turns.take(async () => 'late')).toBeNull()
  expect(await first).toBe('first')
  expect(await turns.take(async () => 'again')).toBe('again')
})

test('work that fails gives its turn back', async () => {
  const turns = createTurns({ atOnce: 1, waiting: 0, waitMs: 20 })
  await expect(turns.take(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await turns.take(async () => 'next')).toBe('next')
})
