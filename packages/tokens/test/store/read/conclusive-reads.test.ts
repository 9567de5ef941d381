import { expect, test } from 'vitest'
import { Deadline } from '../../../src/deadline.ts'
import type { TokenRecord } from '../../../src/record/record.ts'
import { withoutRules } from '../../../src/safety-policy.ts'
import { ConclusiveReads, type ConclusiveReadsOptions } from '../../../src/store/read/conclusive-reads.ts'

const LIVE = { state: 'live' } as TokenRecord
const REVOKED = { state: 'revoked' } as TokenRecord

/**
 * Reads of a process that does not know the session. Each read takes its answer from `answers`, and the replay is at
 * `doneAfter` when it begins and when it ends.
 */
function readsOf(answers: { record: TokenRecord | null; begins: number | null; ends: number | null }[]) {
  let doneAfter = answers[0]?.begins ?? null
  let wasDone = doneAfter !== null
  const move = (to: number | null) => {
    doneAfter = to
    wasDone ||= to !== null
  }
  let next = 0
  const reader = {
    readRecord: async () => {
      const answer = answers[next++]
      if (answer === undefined) throw new Error('No more reads were expected.')
      move(answer.begins)
      await null
      move(answer.ends)
      return { known: true, value: answer.record, fromPrimary: false }
    },
  }
  const cache = { latest: () => null, noteSeen: (_: string, record: TokenRecord) => ({ record }) }
  const replayer = {
    get doneAfter() {
      return doneAfter
    },
    get wasDone() {
      return wasDone
    },
  }
  const options = {
    reader,
    cache,
    replayer,
    feed: { generation: null },
    durability: { waitUntilDurable: () => true },
  }
  return new ConclusiveReads({ ...options, rules: withoutRules([]) } as unknown as ConclusiveReadsOptions)
}

const read = (reads: ConclusiveReads) => reads.read('key', new Deadline(5000), false)

// INV-TOKENS-46.
test.each([
  ['the replay was in progress when the read began', null],
  ['another failover happened during the read', 1],
])('a missing record is read again if %s', async (_, begins) => {
  const reads = readsOf([
    { record: null, begins, ends: 2 },
    { record: LIVE, begins: 2, ends: 2 },
  ])
  expect(await read(reads)).toMatchObject({ known: true, value: LIVE })
})

test('a live session is read again if this process had not caught up when the read began', async () => {
  const reads = readsOf([
    { record: LIVE, begins: null, ends: 1 },
    { record: REVOKED, begins: 1, ends: 1 },
  ])
  expect(await read(reads)).toMatchObject({ known: true, value: REVOKED })
})

test('a missing record is final if nothing was missing from the start of the read to its end', async () => {
  expect(await read(readsOf([{ record: null, begins: 1, ends: 1 }]))).toMatchObject({ value: null })
})
