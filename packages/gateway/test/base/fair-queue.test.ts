import { expect, test } from 'vitest'
import { FairQueue } from '../../src/base/fair-queue.ts'

/** A queue whose running tasks end one after the other, when the test says so. */
function held(bounds: Partial<ConstructorParameters<typeof FairQueue>[0]>) {
  const queue = new FairQueue({
    maxRunning: 1,
    maxRunningPerGroup: 1,
    maxWaiting: 100,
    maxWaitMs: 60_000,
    ...bounds,
  })
  const started: string[] = []
  const ends: (() => void)[] = []
  const run = (name: string, group: string, part = 'only') =>
    queue.run([group, part], async () => {
      started.push(name)
      await new Promise<void>((resolve) => ends.push(resolve))
      return name
    })
  const endAll = async () => {
    for (let turn = 0; turn < 1000; turn++) {
      ends.shift()?.()
      await new Promise(setImmediate)
      if (ends.length === 0) return
    }
  }
  return { queue, run, started, endAll }
}

// INV-GATEWAY-34.
test('FairQueue lets groups take turns, and the parts of a group as well', async () => {
  const { run, started, endAll } = held({})
  const all = [
    run('first', 'flood'),
    ...['f1', 'f2', 'f3'].map((name) => run(name, 'flood', 'a')),
    run('f4', 'flood', 'b'),
    run('g1', 'good'),
    run('g2', 'good'),
  ]
  await endAll()
  expect(started).toEqual(['first', 'f1', 'g1', 'f4', 'g2', 'f2', 'f3'])
  expect(await Promise.all(all)).not.toContain(null)
})

test('FairQueue refuses the newest task of the largest group when too many wait, and never one of a small group', async () => {
  const { queue, run, started, endAll } = held({ maxWaiting: 4 })
  const flood = Array.from({ length: 20 }, (_, number) => run(`f${number}`, 'flood'))
  const good = run('good', 'other')
  expect(queue.waiting).toBe(4)
  await endAll()
  expect(await good).toBe('good')
  expect(started).toEqual(['f0', 'f1', 'good', 'f2', 'f3'])
  expect((await Promise.all(flood)).filter((answer) => answer === null)).toHaveLength(16)
  expect(queue.waiting).toBe(0)
})

test('FairQueue refuses within the largest group the part that floods, not its neighbour', async () => {
  const { run, endAll } = held({ maxWaiting: 4 })
  const flood = Array.from({ length: 8 }, (_, number) => run(`f${number}`, 'group', 'flood'))
  const neighbour = run('neighbour', 'group', 'neighbour')
  await endAll()
  expect(await neighbour).toBe('neighbour')
  expect((await Promise.all(flood)).filter((answer) => answer === null)).toHaveLength(4)
})

test('FairQueue leaves free places to other groups when one group has reached its share', async () => {
  const { run, started, endAll } = held({ maxRunning: 3, maxRunningPerGroup: 2 })
  const all = [run('f1', 'flood'), run('f2', 'flood'), run('f3', 'flood'), run('g', 'good')]
  await new Promise(setImmediate)
  expect(started).toEqual(['f1', 'f2', 'g'])
  await endAll()
  expect(await Promise.all(all)).toEqual(['f1', 'f2', 'f3', 'g'])
})

test('FairQueue rejects a task that waits too long, and keeps the others', async () => {
  const { queue, run, endAll } = held({ maxWaitMs: 20 })
  const first = run('first', 'a')
  expect(await run('late', 'b')).toBeNull()
  expect(queue.waiting).toBe(0)
  await endAll()
  expect(await first).toBe('first')
})

test('FairQueue frees the place of a task that fails', async () => {
  const { queue } = held({ maxWaiting: 0 })
  await expect(queue.run(['a'], () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await queue.run(['a'], async () => 1)).toBe(1)
})
