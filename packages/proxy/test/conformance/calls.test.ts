import { expect, it } from 'vitest'
import { TABLE } from '../commands/support.ts'
import { callsOf, missingCommands } from './calls.ts'
import { LEFT_OUT } from './left-out.ts'

const calls = callsOf(1)

it('makes at least 2,000 calls, the same for one seed and others for another', () => {
  expect(calls.length).toBeGreaterThan(2000)
  expect(callsOf(1)).toEqual(calls)
  expect(callsOf(2)).not.toEqual(calls)
})

it('calls every command of Redis 7.0 that passes the proxy, or says why not', () => {
  expect(missingCommands(calls)).toEqual([])
})

it('leaves out only commands of the server, and calls none of them with arguments that fit', () => {
  const known = new Set(TABLE.all.map(({ name }) => name))
  expect([...LEFT_OUT.keys()].filter((name) => !known.has(name))).toEqual([])
})
