import { expect, it } from 'vitest'
import { errorReply, OK, QUEUED } from '../../src/resp/reply.ts'
import { readOutcome } from '../../src/streams/batch.ts'
import type { Call } from '../../src/streams/call.ts'

const RECORD = { key: 'hf:px:test:1', db: 15 }
const call: Call = {
  db: 15,
  commands: [Buffer.from('')],
  names: ['set'],
  isTransaction: false,
  isRead: false,
  sender: {},
  untilMs: Number.POSITIVE_INFINITY,
  isAbandoned: () => false,
  answer: () => {},
}

/** The answers to a batch of one call whose command the server refused: MULTI, the call, its record, EXEC, the guard. */
const refused = (error: string) =>
  readOutcome(
    { number: 1, calls: [call] },
    [OK, errorReply(error), QUEUED, errorReply(`EXECABORT Transaction discarded because of: ${error}`), OK],
    RECORD,
    2,
  )

it.each([
  'READONLY You cannot write against a read only replica.',
  'LOADING Redis is loading the dataset in memory',
  'MASTERDOWN Link with MASTER is down',
  'NOREPLICAS Not enough good replicas to write.',
  'MISCONF Errors writing to the AOF file: No space left on device',
])('waits when another primary may accept the write: %s', (error) => {
  expect(refused(error)).toMatchObject({ kind: 'passing' })
})

it.each([
  "ERR wrong number of arguments for 'set' command",
  'NOPERM this user has no permissions to run the set command',
])('answers what any primary would answer: %s', (error) => {
  const outcome = refused(error)
  expect(outcome).toMatchObject({ kind: 'refused' })
})

it('knows a server without memory, which refuses the whole transaction', () => {
  const reply = errorReply('OOM command not allowed when used memory > maxmemory.')
  expect(refused('OOM command not allowed when used memory > maxmemory.')).toEqual({ kind: 'full', reply })
})
