import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { canonicalHost, formatAddress, parseAddress, sameAddress } from '../../src/redis/address.ts'

test('an address is host:port, with IPv6 hosts in brackets', () => {
  expect(formatAddress({ host: 'redis-1.example', port: 6379 })).toBe('redis-1.example:6379')
  expect(formatAddress({ host: '10.0.0.1', port: 1 })).toBe('10.0.0.1:1')
  expect(formatAddress({ host: 'fd00::1', port: 6379 })).toBe('[fd00::1]:6379')
})

test('an IPv6 address has one text, however it is spelled', () => {
  const spellings = ['fd00::11', 'fd00:0:0::11', 'FD00:0000:0000:0000:0000:0000:0000:0011', 'fd00::0.0.0.17']
  const texts = spellings.map((host) => formatAddress({ host, port: 6379 }))
  expect(new Set(texts)).toEqual(new Set(['[fd00::11]:6379']))
  expect(sameAddress({ host: 'fd00::11', port: 1 }, { host: 'fd00:0::11', port: 1 })).toBe(true)
  expect(sameAddress({ host: 'fd00::11', port: 1 }, { host: 'fd00::11', port: 2 })).toBe(false)
})

test.each([
  ['::ffff:10.20.0.11', '10.20.0.11'],
  ['::ffff:a14:b', '10.20.0.11'],
  ['::10.20.0.11', '::a14:b'],
  ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ['1:0:0:4:0:0:0:8', '1:0:0:4::8'],
  ['::', '::'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['Redis-1.example', 'Redis-1.example'],
])('the host %s is known as %s', (host, known) => {
  expect(canonicalHost(host)).toBe(known)
})

describe('a text is read as the address that it was made of', () => {
  const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())

  it('for every host and port', () => {
    fc.assert(
      fc.property(hosts, fc.integer({ min: 0, max: 65_535 }), (host, port) => {
        const text = formatAddress({ host, port })
        expect(parseAddress(text)).toEqual({ host: canonicalHost(host), port })
        expect(formatAddress(parseAddress(text) ?? { host: '', port: 0 })).toBe(text)
      }),
    )
  })

  it('with the default port where it names none', () => {
    expect(parseAddress('10.0.0.1', 8080)).toEqual({ host: '10.0.0.1', port: 8080 })
    expect(parseAddress('fd00::1', 8080)).toEqual({ host: 'fd00::1', port: 8080 })
    expect(parseAddress('[fd00::1]', 8080)).toEqual({ host: 'fd00::1', port: 8080 })
    expect(parseAddress('[fd00::1]:1', 8080)).toEqual({ host: 'fd00::1', port: 1 })
  })

  it.each([
    '',
    ':1',
    '10.0.0.1',
    'fd00::1',
    'fd00::1:6379',
    '[fd00::1]',
    '[10.0.0.1]:1',
    'a:b',
    'a:65536',
    'a:1:2',
    '[[::1]]:1',
  ])('and as none when it is "%s"', (text) => {
    expect(parseAddress(text)).toBeNull()
  })
})
