import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseWhole } from '../../../src/network-text.ts'
import { decodeRecord, encodeRecord } from '../../../src/record/codec.ts'
import { openListContent, openTokenContent } from '../../../src/record/payload.ts'
import type { Reply } from '../../../src/redis/connection.ts'
import { parseReplication } from '../../../src/redis/replication.ts'
import { readObservation } from '../../../src/redis/sentinel.ts'
import { readTaken } from '../../../src/store/attempts/script-calls.ts'
import { readMerged } from '../../../src/store/commit/script-calls.ts'
import { parseFeedMessage, parseSettledMessage } from '../../../src/store/feed/feed-message.ts'
import { parseRecordKey, parseSubjectKey, recordKey, subjectKey } from '../../../src/token/digest.ts'
import { parseToken } from '../../../src/token/format.ts'
import { openKeyring } from '../../../src/token/keyring.ts'
import { anyRecord } from '../../record/arbitraries.ts'
import { KEYRING } from '../../support.ts'

const keyring = openKeyring(KEYRING)
const subject = subjectKey(keyring.indexKey, 'ada')
const key = recordKey(subject.tag, 'd'.repeat(32)).key

const bytes = fc
  .oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ maxLength: 200 }).map((text) => Buffer.from(text)),
  )
  .map((value) => Buffer.from(value))

/** A message as merge.lua publishes it. */
const message = fc.array(fc.tuple(fc.boolean(), anyRecord), { minLength: 1, maxLength: 4 }).map((records) =>
  Buffer.concat(
    records.flatMap(([isListed, record]) => {
      const encoded = encodeRecord(record)
      const external = record.state === 'live' ? record.external : undefined
      const index = external === undefined ? isListed && subject.key : external.index
      const header = `${key} ${index || '-'} ${encoded.length} `
      return [Buffer.from(header), encoded, Buffer.from(' ')]
    }),
  ),
)

/** A message with one part replaced: what comes close to a good one. */
const damaged = fc
  .tuple(
    message,
    fc.nat(),
    fc.nat({ max: 6 }),
    fc.oneof(bytes, fc.constantFrom('-8', '1e1', '0x9', 'NaN', ' ')),
  )
  .map(([good, from, length, part]) => {
    const at = from % good.length
    return Buffer.concat([good.subarray(0, at), Buffer.from(part), good.subarray(at + length)])
  })

const reply: fc.Arbitrary<Reply> = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { maxDepth: 3 },
    fc.constant(null),
    fc.double(),
    fc.integer({ min: -3, max: 3 }),
    bytes,
    fc.string(),
    fc.array(tie('reply'), { maxLength: 4 }),
    fc.dictionary(
      fc.constantFrom('ip', 'port', 'config-epoch', 'failover-timeout', 'down-after-milliseconds', 'flags'),
      tie('reply'),
    ),
  ),
})).reply as fc.Arbitrary<Reply>

/** The value, or nothing when it is refused with an error of the library. */
function orRefused<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    expect(error).toHaveProperty('code')
    return undefined
  }
}

test('every message that merge.lua publishes is read whole', () => {
  fc.assert(
    fc.property(message, (good) => {
      expect(parseFeedMessage(good)?.length).toBeGreaterThan(0)
    }),
  )
})

// INV-TOKENS-49.
test('a feed message of any bytes is read in proportion to its length, as well-formed records or not at all', () => {
  fc.assert(
    fc.property(fc.oneof(bytes, damaged), (any) => {
      for (const record of parseFeedMessage(any) ?? []) {
        expect(parseRecordKey(record.key)).not.toBeNull()
        if (record.subjectKey !== null) expect(parseSubjectKey(record.subjectKey)).not.toBeNull()
        expect(record.record.expiresAtMs).toBeGreaterThanOrEqual(0)
      }
    }),
    { numRuns: 2000 },
  )
  const huge = Buffer.from('a - -8 '.repeat(100_000))
  expect(parseFeedMessage(huge)).toBeNull()
})

test.each([
  'a - -8 ',
  `${key} - -8 `,
  `${key} - 1e1 `,
  `${key} - 0x2 1R `,
  `${key} -  1R1 `,
  `${key} - 3 1R1`,
])('the feed message %j is refused', (text) => {
  expect(parseFeedMessage(Buffer.from(text))).toBeNull()
})

test('an announcement of durable tombstones is read as keys of records or not at all', () => {
  fc.assert(
    fc.property(bytes, (any) => {
      for (const settled of parseSettledMessage(any) ?? []) expect(parseRecordKey(settled)).not.toBeNull()
    }),
  )
  expect(parseSettledMessage(Buffer.from(`${key} ${key}`))).toEqual([key, key])
  expect(parseSettledMessage(Buffer.from(`${key} hf:mark`))).toBeNull()
})

test('a number from the network is decimal digits, nothing else', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const value = parseWhole(text)
      if (value !== null) expect(/^\d+$/.test(text) && Number.isSafeInteger(value)).toBe(true)
    }),
  )
  for (const text of ['', ' 1', '-1', '1e3', '0x1', 'NaN', 'Infinity', '1.5', '9'.repeat(16)]) {
    expect(parseWhole(text)).toBeNull()
  }
})

test('a record of any bytes is refused, or is the same record when it is written again', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        bytes,
        bytes.map((rest) => Buffer.concat([Buffer.from('1L1:1:1:1:'), rest])),
      ),
      (any) => {
        const record = decodeRecord(any)
        if (record !== null) expect(encodeRecord(record).equals(any)).toBe(true)
      },
    ),
  )
})

test('a forged payload opens neither for its token nor for lists, and never throws', () => {
  const context = { dataCentre: 'dc1', digest: 'd'.repeat(32), issuedAtMs: 1, expiresAtMs: 2 }
  fc.assert(
    fc.property(bytes, fc.string(), (payload, token) => {
      expect(openTokenContent(context, token, payload)).toBeNull()
      expect(openListContent(context, keyring, payload)).toBeNull()
    }),
  )
})

test('a token of any text is refused or well-formed, and never throws', () => {
  fc.assert(fc.property(fc.anything(), (any) => void parseToken(any as string)))
})

test('an answer to INFO of any text is refused, or all its numbers are whole', () => {
  const line = fc.tuple(
    fc.constantFrom('role', 'master_repl_offset', 'slave0', 'master_host', 'master_port', 'x'),
    fc.oneof(
      fc.string(),
      fc.constantFrom('master', 'slave', '7', 'ip=h,port=1,state=online,offset=1,lag=-1'),
    ),
  )
  const info = fc.array(line).map((lines) => lines.map(([name, value]) => `${name}:${value}`).join('\r\n'))
  fc.assert(
    fc.property(fc.oneof(fc.string(), info), (text) => {
      const view = orRefused(() => parseReplication(text))
      for (const number of [
        view?.offset,
        ...(view?.replicas.flatMap((one) => [one.offset, one.lagSeconds]) ?? []),
      ]) {
        if (view !== undefined) expect(Number.isSafeInteger(number)).toBe(true)
      }
    }),
  )
})

test('an answer of a Sentinel of any shape is refused, or all its numbers are whole', () => {
  fc.assert(
    fc.property(reply, reply, (primary, named) => {
      const seen = orRefused(() => readObservation(primary, named))
      if (seen === undefined) return
      for (const number of [seen.configEpoch, seen.downAfterMs, seen.failoverTimeoutMs]) {
        expect(Number.isSafeInteger(number) && number >= 0).toBe(true)
      }
      expect(seen.primaryAddress).toMatch(/:\d+$/)
    }),
    { numRuns: 1000 },
  )
})

test('an answer of a script of any shape is refused, or is one that the script gives', () => {
  fc.assert(
    fc.property(anyRecord, reply, (record, any) => {
      const taken = orRefused(() => readTaken(any))
      if (taken?.allowed === false) expect(Number.isSafeInteger(taken.limit + taken.retryAfterMs)).toBe(true)
      const merged = orRefused(() => readMerged(record, any))
      if (merged !== undefined) expect(encodeRecord(merged).length).toBeGreaterThan(0)
    }),
    { numRuns: 1000 },
  )
})
