import { expect, test } from 'vitest'
import { createInTurn } from '../../src/limits/in-turn.ts'

test('of one name few run at once and few wait; another name does not wait for them', async () => {
  const inTurn = createInTurn({ atOnce: 1, waiting: 1, waitMs: 5000 })
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const ran: string[] = []
  const run = (name: string, work: string) =>
    inTurn(name, async () => {
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
  // What has ended is forgotten: the next finds nobody before it.
  expect(await run('a', 'a4')).toBe('a4')
})

test('work that fails makes way, too', async () => {
  const inTurn = createInTurn({ atOnce: 1, waiting: 0, waitMs: 5000 })
  await expect(inTurn('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await inTurn('a', async () => 1)).toBe(1)
})
