import { expect, test } from 'vitest'
import { formatAddress } from '../../src/redis/address.ts'

test('an address is host:port, with IPv6 hosts in brackets', () => {
  expect(formatAddress({ host: 'redis-1.example', port: 6379 })).toBe('redis-1.example:6379')
  expect(formatAddress({ host: '10.0.0.1', port: 1 })).toBe('10.0.0.1:1')
  expect(formatAddress({ host: 'fd00::1', port: 6379 })).toBe('[fd00::1]:6379')
})
