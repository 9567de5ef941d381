import { expect, test } from 'vitest'
import type { MergeRequest } from '../../src/store/backend.ts'
import { Journal } from '../../src/store/journal.ts'

const request = (name: string): MergeRequest => ({
  key: { tag: '000', digest: name, key: `hf:{000}:t:${name}` },
  subject: null,
  record: { state: 'revoked', expiresAtMs: 100 },
})
const committed = (term: number, complete: boolean) => ({ replies: [], term, complete })
const names = (requests: MergeRequest[]) => requests.map(({ key }) => key.digest)

test('what a replica lacks is written again in the next term, and not in its own', () => {
  const journal = new Journal<MergeRequest>(10)
  journal.settle([request('a'), request('b')], committed(3, false), 0)
  expect(names(journal.fromBefore(3))).toEqual([])
  expect(names(journal.fromBefore(4))).toEqual(['a', 'b'])
})

test('what every planned replica has is not kept', () => {
  const journal = new Journal<MergeRequest>(10)
  journal.settle([request('a')], committed(3, true), 0)
  expect(journal.size).toBe(0)
})

test('a term that every replica has confirmed leaves the journal, earlier terms stay', () => {
  const journal = new Journal<MergeRequest>(10)
  journal.settle([request('old')], committed(2, false), 0)
  journal.settle([request('new')], committed(3, false), 0)
  journal.confirmTerm(3)
  expect(names(journal.fromBefore(9))).toEqual(['old'])
})

test('an entry that was written again belongs to the new term', () => {
  const journal = new Journal<MergeRequest>(10)
  journal.settle([request('a')], committed(2, false), 0)
  journal.settle([request('a')], committed(3, false), 1)
  expect(journal.fromBefore(3)).toEqual([])
  journal.confirmTerm(3)
  expect(journal.size).toBe(0)
})

test('what is older than a replica may be away and still be promoted is forgotten', () => {
  const journal = new Journal<MergeRequest>(10)
  journal.settle([request('old')], committed(1, false), 100)
  journal.settle([request('young')], committed(1, false), 200)
  journal.forgetBefore(150)
  expect(names(journal.fromBefore(2))).toEqual(['young'])
})

test('a full journal refuses more at once, and says what to do', () => {
  const journal = new Journal<MergeRequest>(2)
  journal.settle([request('a'), request('b')], committed(1, false), 0)
  expect(() => journal.assertRoom(1)).toThrow(
    expect.objectContaining({ code: 'STORE_OVERLOADED', message: expect.stringContaining('replica') }),
  )
})
