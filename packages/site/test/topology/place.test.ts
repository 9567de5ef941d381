import { describe, expect, it } from 'vitest'
import type { Host, Service, Site, Transport } from '../../src/file/site.ts'
import { localGroup } from '../../src/topology/local-plan.ts'
import { defaultPlan, plansOfSite } from '../../src/topology/place.ts'
import { TIMINGS } from '../../src/topology/topology.ts'

describe('defaultPlan', () => {
  it('the default plan has three data hosts, four gateways, a balancer and a proxy on the network', () => {
    const { site, dataCentre, addresses } = defaultPlan({ network: '127.0.50' })
    expect(dataCentre.name).toBe('dc1')
    expect(site.timings).toEqual({ name: 'fast', downAfterMs: 1500, failoverTimeoutMs: 6000 })
    expect(addresses.dataHosts.map(({ host }) => host)).toEqual(['127.0.50.11', '127.0.50.12', '127.0.50.13'])
    expect(addresses.gateways.at(-1)).toEqual({ host: '127.0.50.24', port: 8080 })
    expect(addresses.balancer).toEqual({ host: '127.0.50.1', port: 8080 })
    expect(addresses.proxy).toEqual({ host: '127.0.50.2', port: 6380 })
  })

  it('options override the hosts, the gateways, the balancer and the proxy', () => {
    const { site, addresses } = defaultPlan({
      hosts: ['127.0.9.1', '127.0.9.2', '127.0.9.3'],
      gateways: ['127.0.9.4:8081', '127.0.9.5'],
      balancer: '127.0.9.6:80',
      proxy: '127.0.9.7:6379',
      timings: 'reference',
    })
    expect(addresses.dataHosts[2]).toEqual({ host: '127.0.9.3', redisPort: 6379, sentinelPort: 26379 })
    expect(addresses.gateways).toEqual([
      { host: '127.0.9.4', port: 8081 },
      { host: '127.0.9.5', port: 8080 },
    ])
    expect(addresses.balancer).toEqual({ host: '127.0.9.6', port: 80 })
    expect(addresses.proxy).toEqual({ host: '127.0.9.7', port: 6379 })
    expect(site.timings.downAfterMs).toBe(10_000)
  })

  it.each([
    [{ name: 'Main DC' }, /`name`.*"Main DC"/],
    [{ network: '127.0' }, /`network`.*"127.0"/],
    [{ timings: 'quick' }, /`timings`.*"quick"/],
    [{ transport: 'ipsec' }, /`transport`.*"ipsec"/],
    [{ hosts: ['127.0.9.1', '127.0.9.2'] }, /`hosts` must be three.*got 2/],
    [{ hosts: ['127.0.9.1', '127.0.9.2', 'db3'] }, /`hosts`.*"db3"/],
    [{ hosts: ['127.0.9.1', '127.0.9.2', '127.0.9.2'] }, /127.0.9.2:6379 is planned for two/],
    [{ proxy: '127.0.1.11:6379' }, /127.0.1.11:6379 is planned for two/],
    [{ gateways: [] }, /`gateways` must be 1 to 16/],
    [{ gateways: ['127.0.9.4:0'] }, /`gateways`.*"127.0.9.4:0"/],
    [{ balancer: '127.0.9.4:80:80' }, /`balancer`.*"127.0.9.4:80:80"/],
  ])('the options %j are refused with an error that names the option and the value', (options, message) => {
    expect(() => defaultPlan(options)).toThrowError(message)
    expect(() => defaultPlan(options)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }))
  })
})

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

describe('plansOfSite', () => {
  it('each data centre gets its own network, names and timings', () => {
    const plans = plansOfSite(site([...stores, ...applications]), { network: '127.0.7' })
    const [east, west] = plans
    expect(plans.map(localGroup)).toMatchObject([
      { name: 'east', primaryName: 'east-tokens', timings: TIMINGS.reference },
      { name: 'west', primaryName: 'west-tokens', timings: TIMINGS.reference },
    ])
    expect(east?.site.transport).toBe('tls')
    expect(east?.addresses.dataHosts.map((store) => store.host)).toEqual([
      '127.0.7.11',
      '127.0.7.12',
      '127.0.7.13',
    ])
    expect(east?.addresses.gateways.map((gateway) => gateway.host)).toEqual(['127.0.7.21', '127.0.7.22'])
    expect(west?.addresses.balancer).toEqual({ host: '127.0.8.1', port: 8080 })
  })

  it('a data centre without applications still gets a gateway', () => {
    expect(plansOfSite(site(stores))[0]?.addresses.gateways).toHaveLength(1)
  })

  it('loopback replaces the inside of a WireGuard tunnel', () => {
    expect(plansOfSite(site(stores, 'wireguard'))[0]?.site.transport).toBe('plain')
  })

  it('an option overrides the transport of the site', () => {
    const [east] = plansOfSite(site(stores, 'wireguard'), { transport: 'tls' })
    expect(east?.site.transport).toBe('tls')
  })

  it.each([['two data hosts', site(stores.slice(1)), /east has 2 hosts for Redis and Sentinel/]])(
    'a data centre with %s is refused',
    (_what, refused, message) => {
      expect(() => plansOfSite(refused)).toThrow(message)
      expect(() => plansOfSite(refused)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
    },
  )
})
