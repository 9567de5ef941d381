import { expect, test } from 'vitest'
import type { LiveRecord, RevokedRecord } from '../../../src/record/record.ts'
import { isFreshIn, NearCache, NO_GENERATION } from '../../../src/store/cache/near-cache.ts'

const live = (version = 1): LiveRecord => ({
  state: 'live',
  version,
  idleUntilMs: 10,
  issuedAtMs: 1,
  expiresAtMs: 100,
  payload: Buffer.from('payload'),
})
/** The record under a key, if it counts in a generation. */
function counting(cache: NearCache, key: string, generation: number) {
  const known = cache.get(key)
  return known !== null && isFreshIn(known, generation) ? known.record : null
}
const revoked: RevokedRecord = { state: 'revoked', expiresAtMs: 100 }

// INV-TOKENS-43.
test('a live record counts only in the generation of the feed in which it was learned', () => {
  const cache = new NearCache(10)
  cache.upsert('key', live(), 1)
  expect(counting(cache, 'key', 1)).toEqual(live())
  expect(counting(cache, 'key', 2)).toBeNull()
})

test('a record that no generation vouches for never counts as live', () => {
  const cache = new NearCache(10)
  cache.upsert('key', live(), NO_GENERATION)
  expect(counting(cache, 'key', 1)).toBeNull()
})

test('a tombstone counts when it is settled, in every generation, and no later live record undoes it', () => {
  const cache = new NearCache(10)
  const ended = cache.upsert('key', revoked, 1)
  expect(isFreshIn(ended, 1)).toBe(false)
  ended.durable = true
  expect(cache.upsert('key', live(9), 2).record).toEqual(revoked)
  expect(counting(cache, 'key', 7)).toEqual(revoked)
  expect(counting(cache, 'key', 2)).toEqual(revoked)
})

test('an older state that is learned later does not replace a newer one', () => {
  const cache = new NearCache(10)
  cache.upsert('key', live(3), 1)
  expect(cache.upsert('key', live(2), 1).record).toMatchObject({ version: 3 })
  expect(counting(cache, 'key', 1)).toMatchObject({ version: 3 })
})

test('a read that nobody vouches for does not take the generation from a record that has one', () => {
  const cache = new NearCache(10)
  cache.upsert('key', live(), 4)
  cache.upsert('key', live(), NO_GENERATION)
  expect(counting(cache, 'key', 4)).toEqual(live())
})

test('both kinds are bounded, and what was used least recently goes first', () => {
  const cache = new NearCache(2)
  cache.upsert('a', live(), 1)
  cache.upsert('b', live(), 1)
  counting(cache, 'a', 1)
  cache.upsert('c', live(), 1)
  expect(counting(cache, 'a', 1)).not.toBeNull()
  expect(counting(cache, 'b', 1)).toBeNull()
  for (const key of ['x', 'y', 'z']) cache.upsert(key, revoked, 1).durable = true
  expect(counting(cache, 'x', 7)).toBeNull()
  expect(cache.size).toBe(4)
})

test('live records never push a tombstone out', () => {
  const cache = new NearCache(2)
  cache.upsert('ended', revoked, 1).durable = true
  for (let key = 0; key < 10; key++) cache.upsert(String(key), live(), 1)
  expect(counting(cache, 'ended', 7)).toEqual(revoked)
})

test('who holds an entry sees what is learned later, and what is forgotten counts no more', () => {
  const cache = new NearCache(1)
  const known = cache.upsert('a', live(), 1)
  cache.upsert('a', live(2), 1)
  expect(known.record).toMatchObject({ version: 2 })
  cache.upsert('b', live(), 1)
  expect(cache.get('a')).toBeNull()
  expect(isFreshIn(known, 1)).toBe(false)
  const ended = cache.get('b')
  cache.upsert('b', revoked, 1)
  expect(ended?.record).toEqual(revoked)
})

// INV-TOKENS-51.
test('each tombstone that is forgotten is counted, and no live record is', () => {
  const cache = new NearCache(1)
  cache.upsert('a', live(), 1)
  cache.upsert('b', live(), 1)
  expect(cache.forgottenTombstones).toBe(0)
  cache.upsert('x', revoked, 1)
  cache.upsert('y', revoked, 1)
  expect(cache.forgottenTombstones).toBe(1)
})
