import fc from 'fast-check'
import { expect, test } from 'vitest'
import { merge, sameContent } from '../../src/record/merge.ts'
import type { TokenRecord } from '../../src/record/record.ts'
import { anyRecord, liveRecord, revokedRecord } from './arbitraries.ts'

// INV-TOKENS-3.
test('merge is commutative', () => {
  fc.assert(
    fc.property(anyRecord, anyRecord, (a, b) => {
      expect(merge(a, b)).toEqual(merge(b, a))
    }),
    { numRuns: 1000 },
  )
})

test('merge is associative', () => {
  fc.assert(
    fc.property(anyRecord, anyRecord, anyRecord, (a, b, c) => {
      expect(merge(merge(a, b), c)).toEqual(merge(a, merge(b, c)))
    }),
    { numRuns: 1000 },
  )
})

test('merge is idempotent', () => {
  fc.assert(
    fc.property(anyRecord, anyRecord, (a, b) => {
      expect(merge(a, a)).toEqual(a)
      expect(merge(merge(a, b), b)).toEqual(merge(a, b))
    }),
  )
})

test('writes end in the same record in whatever order and however often they arrive', () => {
  const arrivals = fc.array(anyRecord, { minLength: 1, maxLength: 6 }).chain((records) =>
    fc.tuple(
      fc.constant(records),
      fc.array(fc.constantFrom(...records), { maxLength: 6 }).chain((again) =>
        fc.shuffledSubarray([...records, ...again], {
          minLength: records.length + again.length,
        }),
      ),
    ),
  )
  const join = (records: TokenRecord[]) => records.reduce((joined, record) => merge(joined, record))
  fc.assert(
    fc.property(arrivals, ([records, shuffled]) => {
      expect(join(shuffled)).toEqual(join(records))
    }),
  )
})

test('revoked absorbs live, and its tombstone stays as long as the longer-lived one', () => {
  fc.assert(
    fc.property(revokedRecord, liveRecord, revokedRecord, (dead, live, other) => {
      expect(merge(live, dead)).toEqual(dead)
      expect(merge(dead, live)).toEqual(dead)
      expect(merge(dead, other)).toEqual({
        state: 'revoked',
        expiresAtMs: Math.max(dead.expiresAtMs, other.expiresAtMs),
      })
    }),
  )
})

test('the idle limit never goes back', () => {
  fc.assert(
    fc.property(liveRecord, liveRecord, (a, b) => {
      expect(merge(a, b)).toMatchObject({ idleUntilMs: Math.max(a.idleUntilMs, b.idleUntilMs) })
    }),
  )
})

test('a newer version never loses, and its content arrives whole', () => {
  fc.assert(
    fc.property(liveRecord, liveRecord, (a, b) => {
      fc.pre(a.version > b.version)
      const merged = merge(b, a)
      expect(merged).toEqual({ ...a, idleUntilMs: Math.max(a.idleUntilMs, b.idleUntilMs) })
    }),
  )
})

test('content is the same whatever the idle limit, and differs with any other field', () => {
  fc.assert(
    fc.property(liveRecord, liveRecord, (a, b) => {
      expect(sameContent(a, { ...a, idleUntilMs: b.idleUntilMs })).toBe(true)
      expect(sameContent(a, { ...a, version: a.version + 1 })).toBe(false)
      expect(sameContent(a, { ...a, payload: Buffer.concat([a.payload, Buffer.from([0])]) })).toBe(false)
    }),
  )
})
