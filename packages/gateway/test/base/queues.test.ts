import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { BoundedQueue } from '../../src/base/queues.ts'

describe('BoundedQueue', () => {
  test('BoundedQueue runs at most `maxRunning` tasks, in the order of their arrival', async () => {
    const queue = new BoundedQueue({ maxRunning: 2, maxWaiting: 10, maxWaitMs: 1000 })
    let running = 0
    let max = 0
    const started: number[] = []
    const work = (index: number) => async () => {
      started.push(index)
      max = Math.max(max, ++running)
      await sleep(5)
      running--
      return index
    }
    const results = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => queue.run(work(index))))
    expect(results).toEqual([0, 1, 2, 3, 4, 5])
    expect(started).toEqual([0, 1, 2, 3, 4, 5])
    expect(max).toBe(2)
  })

  test('BoundedQueue rejects a task that waits too long and removes it from the queue', async () => {
    const queue = new BoundedQueue({ maxRunning: 1, maxWaiting: 1, maxWaitMs: 20 })
    const first = queue.run(() => sleep(100, 'first'))
    expect(await queue.run(async () => 'late')).toBeNull()
    expect(await first).toBe('first')
    expect(await queue.run(async () => 'again')).toBe('again')
  })

  test('BoundedQueue frees the place of a task that fails', async () => {
    const queue = new BoundedQueue({ maxRunning: 1, maxWaiting: 0, maxWaitMs: 20 })
    await expect(queue.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await queue.run(async () => 'next')).toBe('next')
  })
})
