import fc from 'fast-check'
import type { ClaimEntry, LiveRecord, RevokedRecord, TokenRecord } from '../../src/record/record.ts'

/** Far enough in the future that no node forgets a record during a test. */
export const FUTURE_MS = 4_000_000_000_000

// Few values, so that ties are common.
const version = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 999_999_999_999_999 }))
const timeMs = fc.oneof(
  fc.integer({ min: FUTURE_MS, max: FUTURE_MS + 2 }),
  fc.integer({ min: FUTURE_MS, max: FUTURE_MS + 10_000_000_000 }),
)
const payload = fc
  .oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(
      Buffer.from('a'),
      Buffer.from('A'),
      Buffer.from('\xff', 'latin1'),
      Buffer.from('a\0b:1L'),
    ),
  )
  .map((bytes) => Buffer.from(bytes))

/** Limits never lie before the issue. */
const sinceIssueMs = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 10_000_000_000 }))

export const liveRecord: fc.Arbitrary<LiveRecord> = fc
  .record({ version, issuedAtMs: timeMs, idleMs: sinceIssueMs, absoluteMs: sinceIssueMs, payload })
  .map(({ version, issuedAtMs, idleMs, absoluteMs, payload }) => ({
    state: 'live',
    version,
    idleUntilMs: issuedAtMs + idleMs,
    issuedAtMs,
    expiresAtMs: issuedAtMs + absoluteMs,
    payload,
  }))

const writer = fc.constantFrom('', '0', '9', 'a', 'zz', 'zzz')
const claimName = fc.constantFrom(...'aA0-_z'.split('').map((letter) => letter.repeat(16)))
const claim: fc.Arbitrary<ClaimEntry> = fc.record({
  version,
  writer,
  value: fc.option(payload, { nil: null, freq: 3 }),
})

/** Two indexes in the shard of the tests' keys, and one in another shard. */
export const INDEXES = [
  '{000}:s:aaaaaaaaaaaaaaaaaaaaaa',
  '{000}:s:--------------AAAAAAAA',
  '{aZ9}:s:aaaaaaaaaaaaaaaaaaaaaa',
].map((index) => `hf:${index}`)

export const externalRecord: fc.Arbitrary<LiveRecord> = fc
  .record({
    record: liveRecord,
    idleVersion: fc.integer({ min: 0, max: 2 }),
    idleUntilMs: timeMs,
    writer,
    index: fc.constantFrom(null, ...INDEXES),
    claims: fc.array(fc.tuple(claimName, claim), { maxLength: 6 }),
  })
  .map(({ record, idleUntilMs, writer, idleVersion, index, claims }) => ({
    ...record,
    idleUntilMs,
    external: { writer, idleVersion, index, claims: new Map(claims) },
  }))

export const revokedRecord: fc.Arbitrary<RevokedRecord> = fc.record({
  state: fc.constant('revoked'),
  expiresAtMs: timeMs,
})

export const anyRecord: fc.Arbitrary<TokenRecord> = fc.oneof(
  { weight: 3, arbitrary: liveRecord },
  { weight: 3, arbitrary: externalRecord },
  { weight: 1, arbitrary: revokedRecord },
)
