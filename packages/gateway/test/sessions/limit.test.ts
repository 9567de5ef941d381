import type { SessionSummary } from '@holdfast/tokens'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sessionsToEnd } from '../../src/sessions/limit.ts'

const session = (id: string, issuedAtMs: number): SessionSummary => {
  return { id, subject: 'ada', device: '', issuedAtMs, idleUntilMs: 9, expiresAtMs: 9 }
}
const ids = (sessions: readonly SessionSummary[]) => sessions.map(({ id }) => id).join('')
const abc = [session('c', 3), session('a', 1), session('b', 2)]

test('with `end-oldest` the oldest end, with `refuse` the newest', () => {
  expect(ids(sessionsToEnd(abc, 2, 'end-oldest'))).toBe('a')
  expect(ids(sessionsToEnd(abc, 1, 'end-oldest'))).toBe('ab')
  expect(ids(sessionsToEnd(abc, 2, 'refuse'))).toBe('c')
  expect(ids(sessionsToEnd(abc, 3, 'refuse'))).toBe('')
})

// INV-GATEWAY-7.
test('all gateways end the same, in whatever order they see them, and never go below the limit', () => {
  const sessions = fc.uniqueArray(
    fc.record({
      id: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: 2 }),
      at: fc.integer({ min: 0, max: 3 }),
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  )
  const rules = fc.constantFrom('end-oldest' as const, 'refuse' as const)
  fc.assert(
    fc.property(sessions, fc.integer({ min: 1, max: 5 }), rules, (some, most, rule) => {
      const all = some.map(({ id, at }) => session(id, at))
      const ended = sessionsToEnd(all, most, rule)
      expect(all.length - ended.length).toBe(Math.min(all.length, most))
      expect(ids(sessionsToEnd(all.toReversed(), most, rule))).toBe(ids(ended))
      // Somebody who looks while they are being ended, one after the other, ends none of the others.
      const seenLater = all.filter(({ id }) => id !== ended[0]?.id)
      for (const { id } of sessionsToEnd(seenLater, most, rule)) expect(ids(ended)).toContain(id)
    }),
  )
})
