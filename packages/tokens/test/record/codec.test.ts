import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeRecord, encodeRecord } from '../../src/record/codec.ts'
import { anyRecord } from './arbitraries.ts'

test('a record is decoded as it was encoded', () => {
  fc.assert(
    fc.property(anyRecord, (record) => {
      expect(decodeRecord(encodeRecord(record))).toEqual(record)
    }),
    { numRuns: 1000 },
  )
})

test('the format is the documented one', () => {
  const live = {
    state: 'live' as const,
    version: 2,
    idleUntilMs: 100,
    issuedAtMs: 40,
    expiresAtMs: 76,
    payload: Buffer.from(':\n\0'),
  }
  expect(encodeRecord(live)).toEqual(Buffer.from('1L2:14:1o:10::\n\0'))
  expect(encodeRecord({ state: 'revoked', expiresAtMs: 40 })).toEqual(Buffer.from('1R14'))
})

test('a limit before the issue is a mistake of this package, and is not written', () => {
  const live = {
    state: 'live' as const,
    version: 1,
    idleUntilMs: 10,
    issuedAtMs: 10,
    expiresAtMs: 9,
    payload: Buffer.alloc(0),
  }
  expect(() => encodeRecord(live)).toThrow(RangeError)
})

test('garbage is no record, and what is one is written back byte for byte', () => {
  const header = fc.constantFrom('', '1', '1L', '1R', '1L1:2:3:4:', '2L1:2:3:4:', '1L1:2:3:', '1R12')
  const bytes = fc
    .tuple(header, fc.uint8Array({ maxLength: 20 }))
    .map(([start, rest]) => Buffer.concat([Buffer.from(start), Buffer.from(rest)]))
  fc.assert(
    fc.property(bytes, (garbage) => {
      const record = decodeRecord(garbage)
      if (record !== null) expect(encodeRecord(record)).toEqual(garbage)
    }),
    { numRuns: 1000 },
  )
})

test.each([
  '',
  '1',
  '1L',
  '1R',
  '1R-1',
  '1R 1',
  '1R1.5',
  '1R1E3',
  '1R1+3',
  '1R01',
  '1R1\n',
  '1R12345678901',
  '1L1:2:3:4',
  '1L:2:3:4:',
  '1L1::3:4:',
  '1L01:2:3:4:x',
  '1L1:2:-3:4:x',
  '1L1:2:3:0X4:x',
  '1L12345678901:2:3:4:x',
  '2L1:2:3:4:x',
  '1l1:2:3:4:x',
  '1X1:2:3:4:x',
])('%j is no record', (text) => {
  expect(decodeRecord(Buffer.from(text))).toBeNull()
})
