import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { BoundedQueue, KeyedQueue } from '../../src/base/queues.ts'

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

describe('KeyedQueue', () => {
  test('KeyedQueue bounds the tasks of each key, and no key waits for another', async () => {
    const queue = new KeyedQueue({ maxRunning: 1, maxWaiting: 1, maxWaitMs: 5000 })
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const ran: string[] = []
    const run = (key: string, work: string) =>
      queue.run(key, async () => {
        ran.push(work)
        await released
        return work
      })
    const first = run('a', 'a1')
    const second = run('a', 'a2')
    expect(await run('a', 'a3')).toBeNull()
    const other = run('b', 'b1')
    await expect.poll(() => ran).toEqual(['a1', 'b1'])
    release()
    expect(await Promise.all([first, second, other])).toEqual(['a1', 'a2', 'b1'])
    // The finished tasks have left the queue, so the next one runs at once.
    expect(await run('a', 'a4')).toBe('a4')
  })

  test('KeyedQueue frees the place of a task that fails', async () => {
    const queue = new KeyedQueue({ maxRunning: 1, maxWaiting: 0, maxWaitMs: 5000 })
    await expect(queue.run('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await queue.run('a', async () => 1)).toBe(1)
  })
})
