import { expect, test } from 'vitest'
import type { LiveRecord, TokenRecord } from '../../../src/record/record.ts'
import { RecentRemoteWrites } from '../../../src/store/journal/recent-remote-writes.ts'

const live: LiveRecord = {
  state: 'live',
  version: 1,
  idleUntilMs: 10,
  issuedAtMs: 1,
  expiresAtMs: 100,
  payload: Buffer.from('payload'),
}
const revoked = { state: 'revoked' as const, expiresAtMs: 100 }
const message = (key: string, record: TokenRecord = live, subjectKey: string | null = null) => ({
  key,
  subjectKey,
  record,
})
const keys = (heard: RecentRemoteWrites, term: number) => heard.pendingReplay(term).map(({ key }) => key)

test('what not every replica has confirmed is kept, however old it is', () => {
  const heard = new RecentRemoteWrites()
  heard.add(message('unconfirmed'), 1, 0)
  heard.add(message('last'), 1, 1_000_000)
  expect(keys(heard, 2)).toEqual(['unconfirmed', 'last'])
})

test('what every replica has confirmed is kept for the last seconds before the feed ended, however long ago that was', () => {
  const heard = new RecentRemoteWrites()
  heard.add(message('long-ago'), 1, 0)
  heard.add(message('a'), 1, 100_000)
  heard.add(message('b'), 1, 110_000)
  heard.confirmed(1, 110_000)
  expect(heard.unconfirmed).toBe(0)
  expect(keys(heard, 2)).toEqual(['a', 'b'])
})

test('a heartbeat confirms what was heard before it was sent, in its own term', () => {
  const heard = new RecentRemoteWrites()
  heard.add(message('before'), 1, 10)
  heard.add(message('after'), 1, 30)
  heard.confirmed(1, 20)
  expect(heard.unconfirmed).toBe(1)
  heard.confirmed(2, 40)
  expect(heard.unconfirmed).toBe(2)
})

test('what was found on a new primary is not looked up again, and waits for its replicas', () => {
  const heard = new RecentRemoteWrites()
  heard.add(message('a'), 1, 10)
  heard.confirmed(1, 20)
  heard.seen(heard.pendingReplay(2), 2, 30)
  expect(keys(heard, 2)).toEqual([])
  expect(heard.unconfirmed).toBe(1)
  expect(keys(heard, 3)).toEqual(['a'])
})

test('an older state that is heard from a new primary does not stand for what it may lack', () => {
  const heard = new RecentRemoteWrites()
  heard.add(message('a', revoked), 1, 10)
  heard.add(message('a', live), 2, 20)
  expect(heard.pendingReplay(2)).toEqual([message('a', revoked)])
  heard.add(message('a', revoked), 2, 30)
  expect(heard.pendingReplay(2)).toEqual([])
})

test('all that was heard of one session is one record, with the index that lists it', () => {
  const heard = new RecentRemoteWrites()
  heard.add(message('a', live, 'index'), 1, 1)
  heard.add(message('a', revoked), 1, 2)
  expect(heard.pendingReplay(2)).toEqual([message('a', revoked, 'index')])
})

test('a full memory forgets the oldest', () => {
  const heard = new RecentRemoteWrites()
  for (let index = 0; index <= 100_000; index++) heard.add(message(`${index}`), 1, index / 1000)
  const kept = keys(heard, 2)
  expect(kept.length).toBe(90_000)
  expect(kept.at(-1)).toBe('100000')
})
