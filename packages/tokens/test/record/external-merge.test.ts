import fc from 'fast-check'
import { expect, test } from 'vitest'
import { covers, merge, sameContent } from '../../src/record/merge.ts'
import { type ClaimEntry, type LiveRecord, versionOf } from '../../src/record/record.ts'
import { anyRecord, externalRecord, FUTURE_MS, revokedRecord } from './arbitraries.ts'

const [ONE, TWO] = ['1'.repeat(16), '2'.repeat(16)] as const

function record(claims: Record<string, ClaimEntry>, more: Partial<LiveRecord> = {}): LiveRecord {
  return {
    state: 'live',
    version: 1,
    issuedAtMs: FUTURE_MS,
    idleUntilMs: FUTURE_MS + 10,
    expiresAtMs: FUTURE_MS + 100,
    payload: Buffer.from('p'),
    external: { writer: 'w', idleVersion: 0, index: null, claims: new Map(Object.entries(claims)) },
    ...more,
  }
}
const entry = (version: number, writer: string, value: string | null): ClaimEntry => {
  return { version, writer, value: value === null ? null : Buffer.from(value) }
}
const claimsOf = (merged: ReturnType<typeof merge>) =>
  merged.state === 'live'
    ? Object.fromEntries(
        [...(merged.external?.claims ?? [])].map(([name, { value }]) => [name, String(value)]),
      )
    : {}

// INV-TOKENS-59: what a merge of whole records lost. Process 1 wrote version 4 and 5 on a primary that was lost, and
// process 2 wrote its version 4 on the next one. Then the journal of process 1 arrives there.
test('two histories that changed different claims keep both, whichever has the higher version', () => {
  const base = { [ONE]: entry(3, 'a', 'old') }
  const journal = record({ ...base, [ONE]: entry(5, 'a', 'one') })
  const primary = record({ ...base, [TWO]: entry(4, 'b', 'two') })
  expect(claimsOf(merge(primary, journal))).toEqual({ [ONE]: 'one', [TWO]: 'two' })
  expect(versionOf(merge(primary, journal) as LiveRecord)).toBe(5)
})

test('a deleted claim stays deleted when an older write of it arrives, and can be set again', () => {
  const deleted = record({ [ONE]: entry(5, 'a', null) })
  expect(claimsOf(merge(deleted, record({ [ONE]: entry(4, 'z', 'late') })))).toEqual({ [ONE]: 'null' })
  expect(claimsOf(merge(deleted, record({ [ONE]: entry(6, 'a', 'again') })))).toEqual({ [ONE]: 'again' })
})

test('of one claim the higher version wins, and of one version the higher writer', () => {
  const [low, high] = [record({ [ONE]: entry(4, 'a', 'low') }), record({ [ONE]: entry(4, 'b', 'high') })]
  expect(claimsOf(merge(low, high))).toEqual({ [ONE]: 'high' })
  expect(claimsOf(merge(high, low))).toEqual({ [ONE]: 'high' })
})

test('a shortened idle end wins over later ones of an earlier idle version, and a touch extends it again', () => {
  const idle = (idleVersion: number, idleUntilMs: number) => {
    const { external, ...rest } = record({})
    return {
      ...rest,
      idleUntilMs,
      external: { writer: '', index: null, claims: new Map(), ...external, idleVersion },
    }
  }
  const shortened = idle(2, FUTURE_MS + 5)
  expect(merge(idle(1, FUTURE_MS + 50), shortened)).toMatchObject({ idleUntilMs: FUTURE_MS + 5 })
  expect(merge(idle(2, FUTURE_MS + 7), shortened)).toMatchObject({ idleUntilMs: FUTURE_MS + 7 })
})

test('one record covers another exactly when merging that one changes nothing, and then the object stays the same', () => {
  fc.assert(
    fc.property(anyRecord, anyRecord, (a, b) => {
      const merged = merge(a, b)
      expect(covers(merged, a) && covers(merged, b)).toBe(true)
      if (covers(a, b)) expect(merged).toBe(a)
      else expect(merged).not.toEqual(a)
    }),
    { numRuns: 2000 },
  )
})

test('a merge has no claim, index, idle end or version that neither of both had, and a tombstone absorbs all', () => {
  fc.assert(
    fc.property(externalRecord, externalRecord, revokedRecord, (a, b, dead) => {
      const merged = merge(a, b) as LiveRecord
      expect(versionOf(merged)).toBe(Math.max(versionOf(a), versionOf(b)))
      for (const [name, claim] of merged.external?.claims ?? []) {
        expect([a.external?.claims.get(name), b.external?.claims.get(name)]).toContainEqual(claim)
      }
      expect([a.idleUntilMs, b.idleUntilMs]).toContain(merged.idleUntilMs)
      expect([a.external?.index, b.external?.index]).toContain(merged.external?.index)
      expect(merge(merged, dead)).toBe(dead)
    }),
  )
})

test('content differs with any claim', () => {
  fc.assert(
    fc.property(externalRecord, (a) => {
      const other = record(
        { ...Object.fromEntries(a.external?.claims ?? []), [ONE]: entry(1, 'n', 'new') },
        a,
      )
      expect(sameContent(a, { ...a, idleUntilMs: a.idleUntilMs + 1 })).toBe(true)
      const external = {
        ...a.external,
        claims: new Map([...(a.external?.claims ?? []), [ONE, entry(1, 'n', 'new')]]),
      }
      expect(
        sameContent(a, { ...other, external: { writer: '', idleVersion: 0, index: null, ...external } }),
      ).toBe(false)
    }),
  )
})
