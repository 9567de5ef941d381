import { expect, test } from 'vitest'
import { Lease } from '../../../src/store/cache/lease.ts'
import type { Instant } from '../../../src/store/clocks/instant.ts'

/** All clocks have gone on as one. */
const at = (ms: number): Instant => ({ monotonicMs: ms, wallMs: 1_800_000_000_000 + ms, bootMs: 90_000 + ms })

test('a lease is not valid before a beat was proved', () => {
  expect(new Lease(1000).isValid(at(0))).toBe(false)
})

test('a lease is valid for its length from the sending of the beat, not from its proof', () => {
  const lease = new Lease(1000)
  lease.prove(at(5000))
  expect(lease.isValid(at(5999))).toBe(true)
  expect(lease.isValid(at(6000))).toBe(false)
})

test('a proof that comes late does not shorten the lease of a newer beat', () => {
  const lease = new Lease(1000)
  lease.prove(at(5500))
  lease.prove(at(5000))
  expect(lease.isValid(at(6400))).toBe(true)
})

test('a lease that was ended is not valid until a beat is proved again', () => {
  const lease = new Lease(1000)
  lease.prove(at(5000))
  lease.end()
  expect(lease.isValid(at(5001))).toBe(false)
  lease.prove(at(5100))
  expect(lease.isValid(at(5200))).toBe(true)
})

test('a proof of an older beat that comes after the end does not bring the lease of a newer beat back', () => {
  const lease = new Lease(1000)
  lease.prove(at(5500))
  lease.end()
  lease.prove(at(5000))
  expect(lease.isValid(at(5900))).toBe(true)
  expect(lease.isValid(at(6100))).toBe(false)
  expect(lease.ageMs(at(6100))).toBe(600)
})

test.each(['monotonicMs', 'wallMs', 'bootMs'] as const)(
  'a lease ends when %s alone has moved by its length',
  (moves) => {
    const lease = new Lease(1000)
    lease.prove(at(5000))
    expect(lease.isValid({ ...at(5010), [moves]: at(5999)[moves] })).toBe(true)
    expect(lease.isValid({ ...at(5010), [moves]: at(6000)[moves] })).toBe(false)
    expect(lease.remainingMs({ ...at(5010), [moves]: at(5400)[moves] })).toBe(600)
  },
)

test('a wall clock that is set back does not lengthen the lease, and the next beat proves it again', () => {
  const lease = new Lease(1000)
  lease.prove(at(5000))
  const setBack = (ms: number) => ({ ...at(ms), wallMs: at(ms).wallMs - 3_600_000 })
  expect(lease.isValid(setBack(6000))).toBe(false)
  lease.prove(setBack(6000))
  expect(lease.isValid(setBack(6500))).toBe(true)
  expect(lease.isValid(setBack(7000))).toBe(false)
})
