import type { SessionSummary } from '@holdfast/tokens'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sessionsToEnd } from '../../src/sessions/limit.ts'

const session = (id: string, issuedAtMs: number): SessionSummary => {
  return { id, subject: 'ada', device: '', issuedAtMs, idleUntilMs: 9, expiresAtMs: 9 }
}
const ids = (sessions: readonly SessionSummary[]) => sessions.map(({ id }) => id).join('')
const abc = [session('c', 3), session('a', 1), session('b', 2)]

test('`evict-oldest` ends the oldest sessions and `reject` the newest', () => {
  expect(ids(sessionsToEnd(abc, 2, 'evict-oldest'))).toBe('a')
  expect(ids(sessionsToEnd(abc, 1, 'evict-oldest'))).toBe('ab')
  expect(ids(sessionsToEnd(abc, 2, 'reject'))).toBe('c')
  expect(ids(sessionsToEnd(abc, 3, 'reject'))).toBe('')
})

// INV-GATEWAY-7.
test('all gateways end the same sessions, in any order, and never go below the limit', () => {
  const sessions = fc.uniqueArray(
    fc.record({
      id: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 1, maxLength: 2 }),
      at: fc.integer({ min: 0, max: 3 }),
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  )
  const rules = fc.constantFrom('evict-oldest' as const, 'reject' as const)
  fc.assert(
    fc.property(sessions, fc.integer({ min: 1, max: 5 }), rules, (some, max, rule) => {
      const all = some.map(({ id, at }) => session(id, at))
      const ended = sessionsToEnd(all, max, rule)
      expect(all.length - ended.length).toBe(Math.min(all.length, max))
      expect(ids(sessionsToEnd(all.toReversed(), max, rule))).toBe(ids(ended))
      // A gateway that lists the sessions while another ends them ends no further ones.
      const seenLater = all.filter(({ id }) => id !== ended[0]?.id)
      for (const { id } of sessionsToEnd(seenLater, max, rule)) expect(ids(ended)).toContain(id)
    }),
  )
})
