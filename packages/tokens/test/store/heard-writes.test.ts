import { expect, test } from 'vitest'
import type { LiveRecord } from '../../src/record/record.ts'
import { HeardWrites } from '../../src/store/heard-writes.ts'

const live: LiveRecord = {
  state: 'live',
  version: 1,
  idleUntilMs: 10,
  issuedAtMs: 1,
  expiresAtMs: 100,
  payload: Buffer.from('payload'),
}
const revoked = { state: 'revoked' as const, expiresAtMs: 100 }

test('the last seconds before the feed ended are kept, however long ago that was', () => {
  const heard = new HeardWrites()
  heard.add({ key: 'long-ago', subjectKey: null, record: live }, 0)
  heard.add({ key: 'a', subjectKey: null, record: live }, 100_000)
  heard.add({ key: 'b', subjectKey: null, record: live }, 110_000)
  expect(heard.recent().map(({ key }) => key)).toEqual(['a', 'b'])
})

test('all that was heard of one session is one record, with the index that lists it', () => {
  const heard = new HeardWrites()
  heard.add({ key: 'a', subjectKey: 'index', record: live }, 1)
  heard.add({ key: 'a', subjectKey: null, record: revoked }, 2)
  expect(heard.recent()).toEqual([{ key: 'a', subjectKey: 'index', record: revoked }])
})
