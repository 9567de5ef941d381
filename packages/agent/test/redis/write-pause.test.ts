import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pauseWrites } from '../../src/redis/write-pause.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const RENEWED = ['CLIENT PAUSE 3000 WRITE', 'CLIENT PAUSE 3000 WRITE']

test('a pause of writes is renewed until it is disposed, and then writes continue', async () => {
  const sent: string[] = []
  {
    await using pause = await pauseWrites(async (...command) => sent.push(command.join(' ')))
    await vi.advanceTimersByTimeAsync(1000)
    expect(sent).toEqual(RENEWED)
    pause.assertRenewed()
  }
  await vi.advanceTimersByTimeAsync(5000)
  expect(sent).toEqual([...RENEWED, 'CLIENT UNPAUSE'])
})

test('a pause whose last renewal failed is no longer relied on', async () => {
  let isDown = false
  await using pause = await pauseWrites(async () => {
    if (isDown) throw new Error('no answer')
  })
  isDown = true
  await vi.advanceTimersByTimeAsync(1000)
  expect(() => pause.assertRenewed()).toThrow('The pause of writes could not be renewed.')
  isDown = false
  await vi.advanceTimersByTimeAsync(1000)
  expect(() => pause.assertRenewed()).not.toThrow()
})

test('a Redis that cannot be paused is no pause', async () => {
  const refused = pauseWrites(async () => {
    throw new Error('no answer')
  })
  await expect(refused).rejects.toThrow('no answer')
  expect(vi.getTimerCount()).toBe(0)
})
