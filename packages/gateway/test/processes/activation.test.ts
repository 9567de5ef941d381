import { expect, test } from 'vitest'
import { takeActivatedSocket } from '../../src/processes/activation.ts'
import { RestartRule } from '../../src/processes/restart-rule.ts'

test('a socket that systemd opened for this process is taken, once', () => {
  const environment: NodeJS.ProcessEnv = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'a', OTHER: 'x' }
  expect(takeActivatedSocket(environment, 7)).toBe(3)
  expect(environment).toEqual({ OTHER: 'x' })
})

test.each([{}, { LISTEN_PID: '8', LISTEN_FDS: '1' }, { LISTEN_PID: '7', LISTEN_FDS: '0' }])(
  'a socket for somebody else, or none, is not taken: %o',
  (environment) => {
    expect(takeActivatedSocket({ ...environment }, 7)).toBeUndefined()
  },
)

test('more than one socket is refused with a sentence', () => {
  expect(() => takeActivatedSocket({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7)).toThrow(/handed over 2 sockets/)
})

test('a process that dies is started again later each time, and never when too many die', () => {
  const rule = new RestartRule()
  const waits = Array.from({ length: 8 }, (_, at) => rule.next(at * 100, at * 100, 1))
  expect(waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000])
  for (let at = 8; at < 20; at++) expect(rule.next(at * 100, at * 100, 1)).toBe(10_000)
  expect(rule.next(2000, 2000, 1)).toBeNull()
  expect(new RestartRule().next(100_000, 0, 1)).toBe(100)
})

test('one that served for long is started again soon', () => {
  const rule = new RestartRule()
  for (let at = 0; at < 5; at++) rule.next(at * 100, at * 100, 1)
  expect(rule.next(200_000, 100_000, 1)).toBe(100)
})
