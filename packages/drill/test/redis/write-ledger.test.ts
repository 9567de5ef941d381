import { expect, it } from 'vitest'
import { WriteLedger } from '../../src/redis/write-ledger.ts'

/** What the primary has of a counter, after these answers to INCR, and increments of which nothing is known. */
function compared(answers: number[], unanswered: number, value: number, missingKeys = 0) {
  const ledger = new WriteLedger()
  ledger.addCounter('a')
  const counter = ledger.counters.get('a')
  counter?.answers.push(...answers)
  if (counter !== undefined) counter.unanswered = unanswered
  return ledger.compare(new Map([['a', value]]), missingKeys)
}

it.each([
  ['when each increment was done once', [1, 2, 3], 0, 3, { lost: 0, repeated: 0 }],
  ['when an increment without an answer was done', [1, 2, 4], 1, 4, { lost: 0, repeated: 0 }],
  ['when an increment without an answer was not done', [1, 2, 3], 1, 3, { lost: 0, repeated: 0 }],
  ['when the primary lacks the last one', [1, 2, 3], 0, 2, { lost: 1, repeated: 0 }],
  ['when a new primary lacked two, and counted on', [1, 2, 3, 2, 3, 4], 0, 4, { lost: 2, repeated: 0 }],
  ['when one was done twice', [1, 3, 4], 0, 4, { lost: 0, repeated: 1 }],
  ['when one was lost and another done twice', [1, 2, 2, 4], 0, 4, { lost: 1, repeated: 1 }],
  ['when the counter is gone', [1, 2], 0, 0, { lost: 2, repeated: 0 }],
])(
  'the ledger of plain clients counts what was lost and done twice %s',
  (_, answers, unanswered, value, expected) => {
    expect(compared(answers, unanswered, value)).toEqual(expected)
  },
)

it('the ledger of plain clients counts keys that are missing as lost', () => {
  expect(compared([1], 0, 1, 2)).toEqual({ lost: 2, repeated: 0 })
})
