import { beforeEach, expect, test } from 'vitest'
import type { LiveRecord } from '../../../src/record/record.ts'
import type { Active } from '../../../src/store/api/verification.ts'
import { AnswerCache } from '../../../src/store/cache/answer-cache.ts'
import { NearCache } from '../../../src/store/cache/near-cache.ts'
import { readInstant } from '../../../src/store/clocks/instant.ts'

const record: LiveRecord = {
  state: 'live',
  version: 1,
  issuedAtMs: 0,
  idleUntilMs: 50,
  expiresAtMs: 100,
  payload: Buffer.from('payload'),
}
const answer = { status: 'active', idleUntilMs: 50, expiresAtMs: 100 } as Active
const now = readInstant()
/** The generation of the feed now. */
let current = 1
beforeEach(() => {
  current = 1
})

const nearCache = () =>
  new NearCache({ maxEntries: 10, currentGeneration: () => current, needsDurable: true })

test('an answer is told again while its record is the same and counts', () => {
  const known = nearCache().noteSeen('key', record, 1)
  const answers = new AnswerCache(10)
  answers.add('token', known, answer)
  expect(answers.get('token', now, 49)?.answer).toBe(answer)
  current = 2
  expect(answers.get('token', now, 49)).toBeNull()
  current = 1
  expect(answers.get('token', now, 49)?.answer).toBe(answer)
  expect(answers.get('other', now, 49)).toBeNull()
})

test('it is not told of a session that is idle for too long', () => {
  const answers = new AnswerCache(10)
  answers.add('token', nearCache().noteSeen('key', record, 1), answer)
  expect(answers.get('token', now, 50)).toBeNull()
})

test.each<[string, LiveRecord | { state: 'revoked'; expiresAtMs: number }]>([
  ['revoked', { state: 'revoked', expiresAtMs: 100 }],
  ['updated', { ...record, version: 2 }],
  ['touched', { ...record, idleUntilMs: 60 }],
])('it is not told any more when the session was %s', (_, change) => {
  const cache = nearCache()
  const answers = new AnswerCache(10)
  answers.add('token', cache.noteSeen('key', record, 1), answer)
  cache.noteSeen('key', change, 1)
  expect(answers.get('token', now, 1)).toBeNull()
})

test('the oldest is forgotten first', () => {
  const cache = nearCache()
  const answers = new AnswerCache(2)
  for (const token of ['a', 'b', 'c']) answers.add(token, cache.noteSeen(token, record, 1), answer)
  expect(answers.get('a', now, 1)).toBeNull()
  expect(answers.get('b', now, 1)?.answer).toBe(answer)
  expect(answers.get('c', now, 1)?.answer).toBe(answer)
})
