import { expect, test } from 'vitest'
import type { LiveRecord } from '../../../src/record/record.ts'
import type { MergeRequest } from '../../../src/store/commit/requests.ts'
import { createRecordJournal } from '../../../src/store/journal/journal.ts'

const HOUR_MS = 3_600_000
const revoked = (lastsMs = HOUR_MS) => ({ state: 'revoked' as const, expiresAtMs: Date.now() + lastsMs })
const live = (version: number): LiveRecord => {
  const endMs = Date.now() + HOUR_MS
  return {
    state: 'live',
    version,
    idleUntilMs: endMs,
    issuedAtMs: 0,
    expiresAtMs: endMs,
    payload: Buffer.from(`${version}`),
  }
}
const request = (name: string, record: MergeRequest['record'] = revoked()): MergeRequest => ({
  key: { tag: '000', digest: name, key: `hf:{000}:t:${name}` },
  subject: null,
  record,
})
const committed = (term: number, complete: boolean) => ({ replies: [], term, complete })
const names = (requests: MergeRequest[]) => requests.map(({ key }) => key.digest)
const limits = { nowMs: 1000, promotableMs: 500 }

// INV-TOKENS-19.
test('what a replica lacks is written again in the next term, and not in its own', () => {
  const journal = createRecordJournal(10)
  journal.settle([request('a'), request('b')], committed(3, false), 0)
  expect(names(journal.fromBefore(3, 0))).toEqual([])
  expect(names(journal.fromBefore(4, 0))).toEqual(['a', 'b'])
})

test('what every planned replica has is not kept', () => {
  const journal = createRecordJournal(10)
  journal.settle([request('a')], committed(3, true), 0)
  expect(journal.size).toBe(0)
})

test('a term that every replica has confirmed leaves the journal, earlier terms stay', () => {
  const journal = createRecordJournal(10)
  journal.settle([request('old')], committed(2, false), 0)
  journal.settle([request('new')], committed(3, false), 0)
  journal.confirmTerm(3)
  expect(names(journal.fromBefore(9, 0))).toEqual(['old'])
})

test('an entry that was written again belongs to the new term', () => {
  const journal = createRecordJournal(10)
  const a = request('a')
  journal.settle([a], committed(2, false), 0)
  journal.settle([a], committed(3, false), 1)
  expect(journal.fromBefore(3, 1)).toEqual([])
  journal.confirmTerm(3)
  expect(journal.size).toBe(0)
})

test('an older state of a record that every replica confirms does not clear the newer state from an earlier term', () => {
  const journal = createRecordJournal(10)
  journal.settle([request('a', live(2))], committed(2, false), 0)
  journal.settle([request('a', live(1))], committed(3, true), 1)
  expect(journal.fromBefore(3, 1)).toMatchObject([{ record: { version: 2 } }])
  journal.settle([request('a', live(1))], committed(3, false), 2)
  expect(journal.fromBefore(3, 2)).toMatchObject([{ record: { version: 2 } }])
})

// INV-TOKENS-20.
test('an entry is not forgotten by its age while there is room', () => {
  const journal = createRecordJournal(10)
  journal.settle([request('old')], committed(1, false), 0)
  journal.assertRoom(5, { nowMs: 3_000_000, promotableMs: 500 })
  expect(names(journal.fromBefore(2, 3_000_000))).toEqual(['old'])
})

test('a nearly full journal makes room by the oldest entries, and only by those that are old enough', () => {
  const journal = createRecordJournal(10)
  const all = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']
  for (const [index, name] of all.entries()) journal.settle([request(name)], committed(1, false), index * 100)
  journal.assertRoom(2, limits)
  expect(names(journal.fromBefore(2, 1000))).toEqual(['c', 'd', 'e', 'f', 'g', 'h', 'i'])
  expect(() => journal.assertRoom(7, limits)).toThrow('Bring the missing replica back')
  expect(names(journal.fromBefore(2, 1000))).toEqual(['f', 'g', 'h', 'i'])
})

test('a nearly full journal makes room by ended sessions first', () => {
  const journal = createRecordJournal(2)
  journal.settle([request('old')], committed(1, false), 0)
  journal.settle([request('ended', revoked(-HOUR_MS))], committed(1, false), 900)
  journal.assertRoom(0, limits)
  expect(names(journal.fromBefore(2, 1000))).toEqual(['old'])
})

test('a full journal refuses more at once, and says what to do', () => {
  const journal = createRecordJournal(2)
  journal.settle([request('a'), request('b')], committed(1, false), 900)
  expect(() => journal.assertRoom(1, limits)).toThrow(
    expect.objectContaining({ code: 'STORE_OVERLOADED', message: expect.stringContaining('replica') }),
  )
})
