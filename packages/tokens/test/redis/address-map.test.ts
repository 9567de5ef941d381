import { describe, expect, it } from 'vitest'
import type { NodeAddress } from '../../src/redis/address.ts'
import { type AddressMap, announcedAddress, checkAddressMap } from '../../src/redis/address-map.ts'

const check = (map: AddressMap) => checkAddressMap(map, ({ host, port }: NodeAddress) => ({ host, port }))

describe('an address map', () => {
  it('finds an IPv6 address however it is spelled', () => {
    const routes = check({
      '[FD00:0::11]:6379': { host: 'redis-1', port: 1, servername: 'redis-1.example.org' },
    })
    expect(routes.get('[fd00::11]:6379')).toEqual({
      host: 'redis-1',
      port: 1,
      servername: 'redis-1.example.org',
    })
  })

  it('refuses one announced address in two spellings', () => {
    const map = { '[fd00::11]:1': { host: 'a', port: 1 }, '[fd00:0::11]:1': { host: 'b', port: 1 } }
    expect(() => check(map)).toThrow(/are the same server/)
  })

  it('does not follow later changes of the object that was given', () => {
    const map = { '10.0.0.1:1': { host: 'a', port: 1 } }
    const routes = check(map)
    map['10.0.0.1:1'].host = 'b'
    expect(routes.get('10.0.0.1:1')?.host).toBe('a')
  })

  it('gives a Sentinel the address that it announces, whichever of the two the options name', () => {
    const routes = check({ '10.0.0.1:26379': { host: '192.0.2.1', port: 26_001 } })
    const announced = { host: '10.0.0.1', port: 26_379 }
    expect(announcedAddress(routes, { host: '192.0.2.1', port: 26_001 })).toEqual(announced)
    expect(announcedAddress(routes, announced)).toEqual(announced)
    const other = { host: '192.0.2.2', port: 26_001 }
    expect(announcedAddress(routes, other)).toEqual(other)
  })

  it('treats an address that is both announced and reachable as announced', () => {
    const [one, two] = [
      { host: '10.0.0.1', port: 1 },
      { host: '10.0.0.2', port: 1 },
    ]
    const routes = check({ '10.0.0.1:1': two, '10.0.0.2:1': one })
    expect(announcedAddress(routes, one)).toEqual(one)
  })
})
