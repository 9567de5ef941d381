import { within } from '@holdfast/testing/within'
import { expect, test } from 'vitest'
import { Deadline } from '../src/deadline.ts'
import { pause } from './support.ts'

test('what is left goes down to 0 and not below', async () => {
  const deadline = new Deadline(20)
  expect(deadline.remainingMs).toBeGreaterThan(0)
  expect(deadline.remainingMs).toBeLessThanOrEqual(20)
  await pause(30)
  expect(deadline.remainingMs).toBe(0)
  expect(deadline.isOver).toBe(true)
})

test('a race is won in time or lost at the deadline, and hands on what the promise throws', async () => {
  expect(await new Deadline(1000).race(Promise.resolve())).toBe(true)
  const startMs = performance.now()
  expect(await new Deadline(30).race(new Promise(() => {}))).toBe(false)
  expect(performance.now() - startMs).toBeGreaterThanOrEqual(25)
  await expect(new Deadline(1000).race(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await new Deadline(0).race(Promise.resolve())).toBe(false)
})

test('an aborted signal ends it at once, before or during', async () => {
  expect(new Deadline(60_000, AbortSignal.abort()).isOver).toBe(true)
  expect(await new Deadline(60_000, AbortSignal.abort()).race(new Promise(() => {}))).toBe(false)
  const stop = new AbortController()
  const race = within(new Deadline(60_000, stop.signal).race(new Promise(() => {})))
  setTimeout(() => stop.abort(), 20)
  expect(await race).toBe(false)
})

test('the callback comes once, and not when it was taken back', async () => {
  let calls = 0
  const stop = new AbortController()
  new Deadline(5, stop.signal).onOver(() => {
    calls += 1
  })
  new Deadline(5).onOver(() => {
    calls += 10
  })()
  await pause(20)
  stop.abort()
  expect(calls).toBe(1)
})

test('a deadline that is very far away is far away, not over', async () => {
  for (const timeoutMs of [2 ** 31, 1e12, Number.POSITIVE_INFINITY]) {
    expect(await Promise.race([new Deadline(timeoutMs).race(new Promise(() => {})), pause(20)])).toBe(
      undefined,
    )
  }
})

test('a time-out that is no number, or below 0, is a mistake of the caller', () => {
  expect(Deadline.of(undefined, 7).remainingMs).toBeLessThanOrEqual(7)
  expect(Deadline.of({ timeoutMs: 0 }, 7).isOver).toBe(true)
  for (const timeoutMs of [Number.NaN, -1, '5' as unknown as number]) {
    expect(() => Deadline.of({ timeoutMs }, 7)).toThrow(
      `\`timeoutMs\` must be a number from 0 up, got ${timeoutMs}.`,
    )
  }
})
