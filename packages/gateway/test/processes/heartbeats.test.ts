import { expect, test } from 'vitest'
import { HEARTBEAT_MS, Heartbeats, HUNG_MS } from '../../src/processes/heartbeats.ts'

/** Looks once a second from `fromMs` on, as the process that started the others does, and answers what it found last. */
function lookOn(heartbeats: Heartbeats, fromMs: number, forMs: number, eachLook = (_nowMs: number) => {}) {
  let found: readonly number[] = []
  for (let nowMs = fromMs; nowMs <= fromMs + forMs; nowMs += HEARTBEAT_MS) {
    eachLook(nowMs)
    found = heartbeats.look(nowMs)
  }
  return found
}

test('one that says nothing for too long hangs, and no other', () => {
  const heartbeats = new Heartbeats()
  for (const number of [1, 2]) {
    heartbeats.started(number, 0)
    heartbeats.heard(number, 0)
  }
  const heardOne = (nowMs: number) => heartbeats.heard(1, nowMs)
  expect(lookOn(heartbeats, 0, HUNG_MS, heardOne)).toEqual([])
  expect(heartbeats.allLive).toBe(true)
  expect(lookOn(heartbeats, HUNG_MS + HEARTBEAT_MS, 0, heardOne)).toEqual([2])
  expect(heartbeats.allLive).toBe(false)
  heartbeats.ended(2)
  expect(heartbeats.allLive).toBe(true)
  expect(lookOn(heartbeats, HUNG_MS + 2 * HEARTBEAT_MS, 0, heardOne)).toEqual([])
})

test('one that starts has longer for its first word', () => {
  const heartbeats = new Heartbeats()
  heartbeats.started(1, 0)
  expect(lookOn(heartbeats, 0, 60_000)).toEqual([])
  expect(lookOn(heartbeats, 61_000, 0)).toEqual([1])
})

test('while the one who looks was held up itself, nobody is taken to hang', () => {
  const heartbeats = new Heartbeats()
  heartbeats.started(1, 0)
  heartbeats.heard(1, 0)
  lookOn(heartbeats, 0, 5000)
  // An hour later: what was said meanwhile is not read yet.
  expect(heartbeats.look(3_605_000)).toEqual([])
  expect(lookOn(heartbeats, 3_606_000, 10_000)).toEqual([1])
})

test('what one says that has ended already counts for nobody', () => {
  const heartbeats = new Heartbeats()
  heartbeats.started(1, 0)
  heartbeats.ended(1)
  heartbeats.heard(1, 0)
  expect(lookOn(heartbeats, 0, 2 * HUNG_MS)).toEqual([])
})
