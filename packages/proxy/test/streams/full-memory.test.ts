import { expect, it } from 'vitest'
import { encodeCommand } from '../../src/resp/request-parser.ts'
import type { Call } from '../../src/streams/call.ts'
import { canRunInScript, whenFull } from '../../src/streams/full-memory.ts'
import { TABLE } from '../commands/support.ts'

const callOf = (...commands: string[]): Call => ({
  db: 0,
  commands: commands.map((command) => encodeCommand(command.split(' '))),
  names: [],
  isTransaction: commands.length > 1,
  isRead: false,
  sender: {},
  untilMs: 0,
  isAbandoned: () => false,
  answer: () => {},
})

it.each([
  'DEL a',
  'del a',
  'LPOP a',
  'EXPIRE a 1',
  'BLPOP a 1',
  'BZPOPMIN a 1',
  'PFCOUNT a',
  'PUBLISH channel message',
  'XREADGROUP GROUP g c STREAMS a b > >',
])('runs while memory is full: %s', (command) => {
  expect(whenFull(callOf(command), TABLE)).toBe('run')
})

it.each([
  'SET a 1',
  'EVAL return 0',
  'BLMOVE a b LEFT LEFT 1',
  // Deleted messages of a history are nulls, which a script cannot return.
  'XREADGROUP GROUP g c STREAMS a b > 0',
  `DEL ${'a '.repeat(6000).trim()}`,
])('is refused while memory is full: %.40s', (command) => {
  expect(whenFull(callOf(command), TABLE)).toBe('refuse')
})

it('a transaction is refused, as Redis does, but its answered commands can be sent again', () => {
  const transaction = callOf('SELECT 3', 'SET a 1', 'DEL b')
  expect(whenFull(transaction, TABLE)).toBe('refuse')
  expect(canRunInScript(transaction, TABLE)).toBe(true)
  expect(canRunInScript(callOf('SET a 1', 'EVAL return 0'), TABLE)).toBe(false)
})
