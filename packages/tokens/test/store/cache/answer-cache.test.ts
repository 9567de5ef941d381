import { expect, test } from 'vitest'
import type { LiveRecord } from '../../../src/record/record.ts'
import type { Active } from '../../../src/store/api/verification.ts'
import { AnswerCache } from '../../../src/store/cache/answer-cache.ts'
import { NearCache } from '../../../src/store/cache/near-cache.ts'

const record: LiveRecord = {
  state: 'live',
  version: 1,
  issuedAtMs: 0,
  idleUntilMs: 50,
  expiresAtMs: 100,
  payload: Buffer.from('payload'),
}
const answer = { status: 'active', idleUntilMs: 50, expiresAtMs: 100 } as Active
const always = () => true

test('an answer is told again while its record is the same and counts', () => {
  const known = new NearCache(10).upsert('key', record, 1)
  const answers = new AnswerCache(10)
  answers.add('token', known, answer)
  expect(answers.get('token', always, 49)?.answer).toBe(answer)
  expect(answers.get('token', () => false, 49)).toBeNull()
  expect(answers.get('token', always, 49)?.answer).toBe(answer)
  expect(answers.get('other', always, 49)).toBeNull()
})

test('it is not told of a session that is idle for too long', () => {
  const answers = new AnswerCache(10)
  answers.add('token', new NearCache(10).upsert('key', record, 1), answer)
  expect(answers.get('token', always, 50)).toBeNull()
})

test.each<[string, LiveRecord | { state: 'revoked'; expiresAtMs: number }]>([
  ['revoked', { state: 'revoked', expiresAtMs: 100 }],
  ['updated', { ...record, version: 2 }],
  ['touched', { ...record, idleUntilMs: 60 }],
])('it is not told any more when the session was %s', (_, change) => {
  const cache = new NearCache(10)
  const answers = new AnswerCache(10)
  answers.add('token', cache.upsert('key', record, 1), answer)
  cache.upsert('key', change, 1)
  expect(answers.get('token', always, 1)).toBeNull()
})

test('the oldest is forgotten first', () => {
  const cache = new NearCache(10)
  const answers = new AnswerCache(2)
  for (const token of ['a', 'b', 'c']) answers.add(token, cache.upsert(token, record, 1), answer)
  expect(answers.get('a', always, 1)).toBeNull()
  expect(answers.get('b', always, 1)?.answer).toBe(answer)
  expect(answers.get('c', always, 1)?.answer).toBe(answer)
})
