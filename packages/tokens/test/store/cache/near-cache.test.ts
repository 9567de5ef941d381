import { beforeEach, expect, test } from 'vitest'
import type { LiveRecord, RevokedRecord } from '../../../src/record/record.ts'
import { NearCache } from '../../../src/store/cache/near-cache.ts'
import { readInstant } from '../../../src/store/clocks/instant.ts'

const live = (version = 1): LiveRecord => ({
  state: 'live',
  version,
  idleUntilMs: 10,
  issuedAtMs: 1,
  expiresAtMs: 100,
  payload: Buffer.from('payload'),
})
/** The generation of the feed now. */
let current: number | null = 1
beforeEach(() => {
  current = 1
})

const cacheOf = (maxEntries: number): NearCache =>
  new NearCache({ maxEntries, currentGeneration: () => current, needsDurable: true })

/** The record under a key, if it counts in a generation. */
function counting(cache: NearCache, key: string, generation: number | null) {
  current = generation
  return cache.recall(key, readInstant())?.record ?? null
}
const revoked: RevokedRecord = { state: 'revoked', expiresAtMs: 100 }

// INV-TOKENS-43.
test('a live record counts only in the generation of the feed in which it was learned', () => {
  const cache = cacheOf(10)
  cache.noteSeen('key', live(), 1)
  expect(counting(cache, 'key', 1)).toEqual(live())
  expect(counting(cache, 'key', 2)).toBeNull()
})

test('a record that no generation vouches for never counts as live', () => {
  const cache = cacheOf(10)
  cache.noteSeen('key', live(), null)
  expect(counting(cache, 'key', 1)).toBeNull()
  expect(counting(cache, 'key', null)).toBeNull()
})

test('a tombstone counts when it is settled, in every generation, and no later live record undoes it', () => {
  const cache = cacheOf(10)
  cache.noteSeen('key', revoked, 1)
  expect(counting(cache, 'key', 1)).toBeNull()
  expect(cache.isDurable('key')).toBe(false)
  cache.noteDurable('key')
  expect(cache.isDurable('key')).toBe(true)
  expect(cache.noteSeen('key', live(9), 2).record).toEqual(revoked)
  expect(counting(cache, 'key', 7)).toEqual(revoked)
  expect(counting(cache, 'key', 2)).toEqual(revoked)
})

test('an older state that is learned later does not replace a newer one', () => {
  const cache = cacheOf(10)
  cache.noteSeen('key', live(3), 1)
  expect(cache.noteSeen('key', live(2), 1).record).toMatchObject({ version: 3 })
  expect(counting(cache, 'key', 1)).toMatchObject({ version: 3 })
})

test('a read that nobody vouches for does not take the generation from a record that has one', () => {
  const cache = cacheOf(10)
  cache.noteSeen('key', live(), 4)
  cache.noteSeen('key', live(), null)
  expect(counting(cache, 'key', 4)).toEqual(live())
})

test('both kinds are bounded, and what was used least recently goes first', () => {
  const cache = cacheOf(2)
  cache.noteSeen('a', live(), 1)
  cache.noteSeen('b', live(), 1)
  counting(cache, 'a', 1)
  cache.noteSeen('c', live(), 1)
  expect(counting(cache, 'a', 1)).not.toBeNull()
  expect(counting(cache, 'b', 1)).toBeNull()
  for (const key of ['x', 'y', 'z']) cache.noteAcknowledged(key, revoked)
  expect(counting(cache, 'x', 7)).toBeNull()
  expect(cache.size).toBe(4)
})

test('live records never push a tombstone out', () => {
  const cache = cacheOf(2)
  cache.noteAcknowledged('ended', revoked)
  for (let key = 0; key < 10; key++) cache.noteSeen(String(key), live(), 1)
  expect(counting(cache, 'ended', 7)).toEqual(revoked)
})

test('who holds an entry sees what is learned later, and what is forgotten counts no more', () => {
  const cache = cacheOf(1)
  const known = cache.noteSeen('a', live(), 1)
  cache.noteSeen('a', live(2), 1)
  expect(known.record).toMatchObject({ version: 2 })
  cache.noteSeen('b', live(), 1)
  expect(cache.latest('a')).toBeNull()
  expect(known.isFresh(readInstant())).toBe(false)
  const ended = cache.recall('b', readInstant())
  cache.noteSeen('b', revoked, 1)
  expect(ended?.record).toEqual(revoked)
})

// INV-TOKENS-51.
test('each tombstone that is forgotten is counted, and no live record is', () => {
  const cache = cacheOf(1)
  cache.noteSeen('a', live(), 1)
  cache.noteSeen('b', live(), 1)
  expect(cache.forgottenTombstones).toBe(0)
  cache.noteSeen('x', revoked, 1)
  cache.noteSeen('y', revoked, 1)
  expect(cache.forgottenTombstones).toBe(1)
})
