import { expect, test } from 'vitest'
import { HEARTBEAT_MS, Heartbeats, HUNG_MS } from '../../src/processes/heartbeats.ts'

/** Checks once a second from `fromMs` on, as the parent process does, and returns the last result. */
function lookOn(heartbeats: Heartbeats, fromMs: number, forMs: number, eachLook = (_nowMs: number) => {}) {
  let found: readonly number[] = []
  for (let nowMs = fromMs; nowMs <= fromMs + forMs; nowMs += HEARTBEAT_MS) {
    eachLook(nowMs)
    found = heartbeats.check(nowMs)
  }
  return found
}

test('Heartbeats reports only a process without heartbeats as hanging', () => {
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

test('Heartbeats gives a new process more time for its first heartbeat', () => {
  const heartbeats = new Heartbeats()
  heartbeats.started(1, 0)
  expect(lookOn(heartbeats, 0, 60_000)).toEqual([])
  expect(lookOn(heartbeats, 61_000, 0)).toEqual([1])
})

test('Heartbeats reports no process as hanging after the parent itself was delayed', () => {
  const heartbeats = new Heartbeats()
  heartbeats.started(1, 0)
  heartbeats.heard(1, 0)
  lookOn(heartbeats, 0, 5000)
  // An hour later: the heartbeats in between are not read yet.
  expect(heartbeats.check(3_605_000)).toEqual([])
  expect(lookOn(heartbeats, 3_606_000, 10_000)).toEqual([1])
})

test('Heartbeats ignores a message of a process that has ended', () => {
  const heartbeats = new Heartbeats()
  heartbeats.started(1, 0)
  heartbeats.ended(1)
  heartbeats.heard(1, 0)
  expect(lookOn(heartbeats, 0, 2 * HUNG_MS)).toEqual([])
})
