import type { Host, Service, Site, Transport } from '@holdfast/site/file/site'
import { TIMINGS } from '@holdfast/site/topology/topology'
import { describe, expect, it } from 'vitest'
import { localTopologies } from '../src/local-site.ts'

const host = (name: string, address: string, ...runs: Service[]): Host => ({
  name,
  address,
  names: [],
  tunnelAddress: null,
  runs,
})

const stores = [1, 2, 3].map((last) => host(`redis-${last}`, `10.0.0.1${last}`, 'redis', 'sentinel'))
const applications = [1, 2].map((last) => host(`app-${last}`, `10.0.0.2${last}`, 'application'))

function site(hosts: Host[], transport: Transport = 'tls'): Site {
  const dataCentre = (name: string) => ({
    name,
    primaryName: `${name}-tokens`,
    hosts,
    secrets: { kind: 'credentials' as const },
  })
  return {
    engine: { name: 'redis', version: '7.0' },
    profile: 'hardened',
    transport,
    plainBecause: null,
    timings: TIMINGS.reference,
    dataCentres: [dataCentre('east'), dataCentre('west')],
  }
}

describe('localTopologies', () => {
  it('each data centre gets its own network, names and timings', () => {
    const [east, west] = localTopologies(site([...stores, ...applications]), { network: '127.0.7' })
    expect(east).toMatchObject({ name: 'east', primaryName: 'east-tokens', timings: TIMINGS.reference })
    expect(east?.transport).toBe('tls')
    expect(east?.dataHosts.map((store) => store.host)).toEqual(['127.0.7.11', '127.0.7.12', '127.0.7.13'])
    expect(east?.gateways.map((gateway) => gateway.host)).toEqual(['127.0.7.21', '127.0.7.22'])
    expect(west).toMatchObject({ name: 'west', balancer: { host: '127.0.8.1', port: 8080 } })
  })

  it('a data centre without applications still gets a gateway', () => {
    expect(localTopologies(site(stores))[0]?.gateways).toHaveLength(1)
  })

  it('loopback replaces the inside of a WireGuard tunnel', () => {
    expect(localTopologies(site(stores, 'wireguard'))[0]?.transport).toBe('plain')
  })

  it('an option overrides the transport of the site', () => {
    const [east] = localTopologies(site(stores, 'wireguard'), { transport: 'tls' })
    expect(east?.transport).toBe('tls')
  })

  it.each([['two data hosts', site(stores.slice(1)), /east has 2 hosts for Redis and Sentinel/]])(
    'a data centre with %s is refused',
    (_what, refused, message) => {
      expect(() => localTopologies(refused)).toThrow(message)
      expect(() => localTopologies(refused)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )
})
