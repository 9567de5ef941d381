import { expect, test } from 'vitest'
import { Lease } from '../../src/store/lease.ts'

test('a lease is not valid before a beat was proved', () => {
  expect(new Lease(1000).isValid(0)).toBe(false)
})

test('a lease is valid for its length from the sending of the beat, not from its proof', () => {
  const lease = new Lease(1000)
  lease.prove(5000)
  expect(lease.isValid(5999)).toBe(true)
  expect(lease.isValid(6000)).toBe(false)
})

test('a proof that comes late does not shorten the lease of a newer beat', () => {
  const lease = new Lease(1000)
  lease.prove(5500)
  lease.prove(5000)
  expect(lease.isValid(6400)).toBe(true)
})

test('a lease that was ended is not valid until a beat is proved again', () => {
  const lease = new Lease(1000)
  lease.prove(5000)
  lease.end()
  expect(lease.isValid(5001)).toBe(false)
  lease.prove(5100)
  expect(lease.isValid(5200)).toBe(true)
})
