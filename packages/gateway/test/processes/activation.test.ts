import { expect, test } from 'vitest'
import { RestartRule } from '../../src/processes/restart-rule.ts'
import { takeActivatedSocket, takeActivatedSockets } from '../../src/processes/systemd.ts'

test('takeActivatedSocket returns the socket that systemd opened for this process, once', () => {
  const environment: NodeJS.ProcessEnv = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a', OTHER: 'x' }
  expect(takeActivatedSocket(environment, 7)).toBe(3)
  expect(environment).toEqual({ OTHER: 'x' })
})

test.each([{}, { LISTEN_PID: '8', LISTEN_FDS: '1' }, { LISTEN_PID: '7', LISTEN_FDS: '0' }])(
  'takeActivatedSocket ignores a socket for another process, and a missing one: %o',
  (environment) => {
    expect(takeActivatedSocket({ ...environment }, 7)).toBeUndefined()
  },
)

test('takeActivatedSockets returns all sockets in the order of the socket unit', () => {
  expect(takeActivatedSockets({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7)).toEqual([3, 4])
  expect(takeActivatedSockets({ LISTEN_PID: '7', LISTEN_FDS: 'two' }, 7)).toEqual([])
})

test('takeActivatedSocket rejects more than one socket with a sentence', () => {
  expect(() => takeActivatedSocket({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7)).toThrow(/passed 2 sockets/)
})

test('RestartRule restarts a process with a growing delay, and never after too many deaths', () => {
  const rule = new RestartRule()
  const waits = Array.from({ length: 8 }, (_, at) => rule.next(at * 100, at * 100, 1))
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000])
  for (let at = 8; at < 20; at++) expect(rule.next(at * 100, at * 100, 1)).toBe(10_000)
  expect(rule.next(2000, 2000, 1)).toBeNull()
  expect(new RestartRule().next(100_000, 0, 1)).toBe(100)
})

test('RestartRule restarts a process that served for long with the shortest delay', () => {
  const rule = new RestartRule()
  for (let at = 0; at < 5; at++) rule.next(at * 100, at * 100, 1)
  expect(rule.next(200_000, 100_000, 1)).toBe(100)
})
