import { expect, it } from 'vitest'
import { encodeCommand } from '../../src/resp/request-parser.ts'
import { knownAnswer } from '../../src/streams/known-answer.ts'

const answerOf = (...lines: string[]) => {
  const commands = lines.map((line) => encodeCommand(line.split(' ')))
  return knownAnswer({ commands, isTransaction: lines.length > 1 })?.toString() ?? null
}

it.each([
  'SET key value',
  'set key value EX 60',
  'SET key value px 60000',
  'SET key value KEEPTTL',
  'SETEX key 60 value',
  'PSETEX key 60000 value',
  'MSET a 1 b 2',
])('the answer to %s is known when it was done', (line) => {
  expect(answerOf(line)).toBe('+OK\r\n')
})

it.each([
  'SET key value NX',
  'SET key value GET',
  'SET key value EX 0',
  'SET key value EX 99999999999999',
  'SET key value EX',
  'SET key value EX 60 GET',
  'SET key value EXAT 60',
  'SETEX key 0 value',
  'MSET a 1 b',
  'INCR key',
  'LPUSH key value',
  'GETDEL key',
  'DEL key',
  'HMSET key field value',
])('only the server knows the answer to %s', (line) => {
  expect(answerOf(line)).toBeNull()
})

it('the answer to a transaction is known if those of all its commands are', () => {
  expect(answerOf('SET a 1', 'SETEX b 60 2')).toBe('*2\r\n+OK\r\n+OK\r\n')
  expect(answerOf('SET a 1', 'INCR b')).toBeNull()
})
