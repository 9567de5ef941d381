import { expect, it } from 'vitest'
import { Random } from '../../src/schedule/random.ts'
import { TokenPool } from '../../src/worker/token-pool.ts'

const token = (id: string, subject = 'ann') => ({ id, token: id, subject, idleMs: null })

it('an ended token may still be verified, but is not changed any more', () => {
  const pool = new TokenPool()
  const random = new Random(1)
  pool.add(token('t'))
  pool.add(token('u'))
  pool.end('t')
  const changed = new Set(Array.from({ length: 50 }, () => pool.pickToChange(random)?.id))
  const verified = new Set(Array.from({ length: 50 }, () => pool.pickToVerify(random)?.id))
  expect([...changed]).toEqual(['u'])
  expect([...verified].sort()).toEqual(['t', 'u'])
})

it('endSubject ends all sessions of a subject except one', () => {
  const pool = new TokenPool()
  for (const id of ['t', 'u']) pool.add(token(id))
  pool.add(token('v', 'bob'))
  pool.endSubject('ann', 'u')
  const random = new Random(1)
  const changed = new Set(Array.from({ length: 50 }, () => pool.pickToChange(random)?.id))
  expect([...changed].sort()).toEqual(['u', 'v'])
})

it('an empty pool returns no token', () => {
  const pool = new TokenPool()
  expect(pool.pickToVerify(new Random(1))).toBeNull()
  expect(pool.pickToChange(new Random(1))).toBeNull()
})
