import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { DataCentreClock } from '../../src/redis/data-centre-clock.ts'

const MINUTES = 60_000
const BEGAN_MS = 1_800_000_000_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'], now: BEGAN_MS })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A clock that has just seen nodes whose clocks are ahead of it by so much. */
function clockOf(aheadMs: number[], nodeCount = 3): DataCentreClock {
  const clock = new DataCentreClock()
  clock.update(
    aheadMs.map((ms, index) => ({
      address: `node-${index}`,
      aheadOfMonotonicMs: Date.now() - performance.now() + ms,
    })),
    nodeCount,
  )
  return clock
}

test('a clock that agrees with the nodes shows its own time', () => {
  const clock = clockOf([5, -20, 40 * MINUTES])
  expect(clock.problem).toBeNull()
  expect(clock.isWrong).toBe(false)
  expect(clock.nowMs()).toBe(BEGAN_MS)
  expect(clock.checkedNowMs()).toBe(BEGAN_MS)
})

test('a clock that deviates says by how much, and shows the time of the nodes', () => {
  const clock = clockOf([40 * MINUTES, 40 * MINUTES, 40 * MINUTES])
  expect(clock.problem).toBe(
    "This server's clock is 40 min behind the data centre's. Turn on time synchronization on this server.",
  )
  expect(clock.isWrong).toBe(true)
  expect(clock.nowMs()).toBe(BEGAN_MS + 40 * MINUTES)
  expect(clock.checkedNowMs()).toBeNaN()
})

test('a step of the own wall clock shows at once, without another look at the nodes', () => {
  const clock = clockOf([0, 0, 0])
  expect(clock.problem).toBeNull()
  vi.setSystemTime(BEGAN_MS + 40 * MINUTES)
  expect(clock.problem).toContain("40 min ahead of the data centre's.")
  expect(clock.nowMs()).toBe(BEGAN_MS)
  vi.setSystemTime(BEGAN_MS)
  expect(clock.problem).toBeNull()
})

test('a clock that goes on as the monotonic clock does stays right for as long', () => {
  const clock = clockOf([0, 0, 0])
  vi.advanceTimersByTime(10 * 60 * MINUTES)
  expect(clock.problem).toBeNull()
  expect(clock.checkedNowMs()).toBe(BEGAN_MS + 10 * 60 * MINUTES)
})

test('where no node was read, or no majority agrees, no time is known', () => {
  for (const clock of [new DataCentreClock(), clockOf([5 * MINUTES]), clockOf([5 * MINUTES, 90 * MINUTES])]) {
    expect(clock.problem).not.toBeNull()
    expect(clock.isWrong).toBe(false)
    expect(clock.nowMs()).toBeNaN()
    expect(clock.checkedNowMs()).toBeNaN()
  }
})

test('what the nodes showed stays while none of them answers', () => {
  const clock = clockOf([0, 0, 0])
  clock.update([], 3)
  expect(clock.problem).toBeNull()
})

test('of one Redis and a process that disagree, the message accuses neither', () => {
  expect(clockOf([-13 * 60 * MINUTES], 1).problem).toBe(
    "This server's clock is 13 h ahead of that of Redis. Turn on time synchronization on both.",
  )
})
