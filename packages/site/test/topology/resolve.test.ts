import { expect, it } from 'vitest'
import { resolveTopology } from '../../src/topology/resolve.ts'

it('the default topology has three data hosts, four gateways and a balancer on the network', () => {
  const topology = resolveTopology({ network: '127.0.50' })
  expect(topology.name).toBe('dc1')
  expect(topology.timings).toEqual({ name: 'fast', downAfterMs: 1500, failoverTimeoutMs: 6000 })
  expect(topology.dataHosts.map(({ host }) => host)).toEqual(['127.0.50.11', '127.0.50.12', '127.0.50.13'])
  expect(topology.gateways.at(-1)).toEqual({ host: '127.0.50.24', port: 8080 })
  expect(topology.balancer).toEqual({ host: '127.0.50.1', port: 8080 })
})

it('options override the hosts, the gateways and the balancer', () => {
  const topology = resolveTopology({
    hosts: ['127.0.9.1', '127.0.9.2', '127.0.9.3'],
    gateways: ['127.0.9.4:8081', '127.0.9.5'],
    balancer: '127.0.9.6:80',
    timings: 'reference',
  })
  expect(topology.dataHosts[2]).toEqual({ host: '127.0.9.3', redisPort: 6379, sentinelPort: 26379 })
  expect(topology.gateways).toEqual([
    { host: '127.0.9.4', port: 8081 },
    { host: '127.0.9.5', port: 8080 },
  ])
  expect(topology.balancer).toEqual({ host: '127.0.9.6', port: 80 })
  expect(topology.timings.downAfterMs).toBe(10_000)
})

it.each([
  [{ name: 'Main DC' }, /`name`.*"Main DC"/],
  [{ network: '127.0' }, /`network`.*"127.0"/],
  [{ timings: 'quick' }, /`timings`.*"quick"/],
  [{ hosts: ['127.0.9.1', '127.0.9.2'] }, /`hosts` must be three.*got 2/],
  [{ hosts: ['127.0.9.1', '127.0.9.2', 'db3'] }, /`hosts`.*"db3"/],
  [{ hosts: ['127.0.9.1', '127.0.9.2', '127.0.9.2'] }, /127.0.9.2:6379 is planned for two/],
  [{ gateways: [] }, /`gateways` must be 1 to 16/],
  [{ gateways: ['127.0.9.4:0'] }, /`gateways`.*"127.0.9.4:0"/],
  [{ balancer: '127.0.9.4:80:80' }, /`balancer`.*"127.0.9.4:80:80"/],
])('the options %j are refused with an error that names the option and the value', (options, message) => {
  expect(() => resolveTopology(options)).toThrowError(message)
  expect(() => resolveTopology(options)).toThrowError(expect.objectContaining({ code: 'INVALID_OPTION' }))
})
