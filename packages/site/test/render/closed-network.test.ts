import { rm } from 'node:fs/promises'
import { type HostedDataCentre, HostedSite, present } from '@holdfast/testing/hosts/hosted-site'
import { isRoot, isThere } from '@holdfast/testing/hosts/programs'
import { siteText } from '@holdfast/testing/hosts/site-text'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Host } from '../../src/file/site.ts'

/** Hosts are network namespaces here, which need root. A small machine may lack `ip` or `nft`. */
const canMakeHosts = isRoot && isThere('ip') && isThere('nft')

const TRANSPORTS = [
  'tls',
  'plain',
  ...(isThere('stunnel') ? ['stunnel'] : []),
  ...(isThere('wireguard-go') && isThere('wg') ? ['wireguard'] : []),
]

const siteOf = (transport: string) =>
  siteText(transport, 'It is a test of the firewall.', {
    dc1: [
      ['dc1-data-1', 11, 'redis, sentinel'],
      ['dc1-data-2', 12, 'redis, sentinel'],
      ['dc1-data-3', 13, 'redis, sentinel'],
      ['dc1-app-1', 21, 'application'],
      ['dc1-balancer', 41, 'balancer'],
    ],
    dc2: [
      ['dc2-data-1', 111, 'redis, sentinel'],
      ['dc2-data-2', 112, 'redis, sentinel'],
      ['dc2-data-3', 113, 'redis, sentinel'],
      ['dc2-app-1', 121, 'application'],
    ],
  })

const PORTS = [6379, 26379]

const OUTSIDERS = [
  ['a host of no data centre', 'stranger'],
  ['an application server of the other data centre', 'dc2-app-1'],
  ['a Redis host of the other data centre', 'dc2-data-1'],
  ['the load balancer', 'dc1-balancer'],
] as const

describe.skipIf(!canMakeHosts).each(TRANSPORTS)(
  'Two data centres with the rendered nftables, transport %s (needs root, `ip` and `nft`)',
  (transport) => {
    let folder: string
    let site: HostedSite
    let dc1: HostedDataCentre

    beforeAll(async () => {
      folder = await makeTempFolder()
      site = await HostedSite.place(siteOf(transport), folder, 'hfc')
      await site.namespaces.addHost('stranger', '10.20.0.99')
      dc1 = site.find('dc1')
      await Promise.all([dc1.bringUp(), site.find('dc2').bringUp()])
      if (transport === 'wireguard') await routeAroundTunnel()
    }, 180_000)

    afterEach(({ task }) => {
      if (task.result?.state === 'fail') console.error(site.said)
    })

    afterAll(async () => {
      await site?.remove()
      await rm(folder, { recursive: true, force: true })
    })

    /**
     * Redis listens only inside the tunnel, but a host outside may still send packets for that address past the
     * tunnel.
     */
    async function routeAroundTunnel(): Promise<void> {
      for (const [, outsider] of OUTSIDERS) {
        for (const host of dc1.dataHosts) {
          const route = ['ip', 'route', 'add', `${dc1.tokenAddress(host)}/32`, 'via', host.address]
          await site.namespaces.run(outsider, route)
        }
      }
    }

    /** The result of opening a connection. The kernel sends the second packet of an attempt after one second. */
    async function reach(from: string, host: Host, port: number): Promise<'accepted' | 'dropped'> {
      const address = transport === 'wireguard' ? dc1.tokenAddress(host) : host.address
      try {
        const open = `exec 3<>/dev/tcp/${address}/${port}`
        await site.namespaces.run(from, ['timeout', '1.5', 'bash', '-c', open])
        return 'accepted'
      } catch (error) {
        if ((error as { code?: unknown }).code === TIMED_OUT) return 'dropped'
        throw error
      }
    }

    /** Tries to connect to every Redis and Sentinel of dc1. */
    const reachAll = (from: string) =>
      Promise.all(dc1.dataHosts.flatMap((host) => PORTS.map((port) => reach(from, host, port))))

    /** The number of packets that the firewall of a host has counted. */
    async function packets(host: string, counter: 'tokens_accepted' | 'tokens_dropped'): Promise<number> {
      const list = ['nft', '-j', 'list', 'counter', 'inet', 'holdfast', counter]
      const told = await site.namespaces.run(host, list)
      const { nftables } = JSON.parse(told) as { nftables: { counter?: { packets: number } }[] }
      return present(nftables.find((item) => item.counter)?.counter?.packets)
    }

    const onAll = (counter: 'tokens_accepted' | 'tokens_dropped') =>
      Promise.all(dc1.dataHosts.map(({ name }) => packets(name, counter)))

    /** Logs in to every Redis and Sentinel of a data centre as its application. */
    async function isServed(from: string, hosted: HostedDataCentre): Promise<void> {
      const { group, secrets, dataHosts, dataCentre } = hosted
      const app = (password: string) => ['--user', 'app', '--pass', password]
      for (const host of dataHosts) {
        const address = hosted.tokenAddress(host)
        expect(await group.ask(from, address, 'redis', [...app(secrets.app), 'PING'])).toBe('PONG\n')
        const question = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', dataCentre.primaryName]
        expect(
          await group.ask(from, address, 'sentinel', [...app(secrets.sentinelApp), ...question]),
        ).toContain('\n6379\n')
      }
    }

    it('both serve their own application server, and count its connections', async () => {
      const [accepted, dropped] = [await onAll('tokens_accepted'), await onAll('tokens_dropped')]
      await isServed('dc1-app-1', dc1)
      for (const [index, count] of (await onAll('tokens_accepted')).entries()) {
        expect(count).toBeGreaterThanOrEqual(present(accepted[index]) + PORTS.length)
      }
      expect(await onAll('tokens_dropped')).toEqual(dropped)
      await isServed('dc2-app-1', site.find('dc2'))
    })

    it.each(OUTSIDERS)(
      'both drop and count packets from %s to every Redis and Sentinel',
      async (_who, host) => {
        const dropped = await onAll('tokens_dropped')
        expect(new Set(await reachAll(host))).toEqual(new Set(['dropped']))
        for (const [index, count] of (await onAll('tokens_dropped')).entries()) {
          expect(count).toBeGreaterThanOrEqual(present(dropped[index]) + PORTS.length)
        }
      },
    )

    it('without the rules, every host can connect', async () => {
      const host = present(dc1.dataHosts[2])
      await site.namespaces.run(host.name, ['nft', 'delete', 'table', 'inet', 'holdfast'])
      for (const [who, outsider] of OUTSIDERS) {
        for (const port of PORTS)
          expect(await reach(outsider, host, port), `${who}, ${port}`).toBe('accepted')
      }
      await dc1.loadFirewall(host.name)
      const again = await Promise.all(OUTSIDERS.map(([, outsider]) => reach(outsider, host, 6379)))
      expect(again).toEqual(OUTSIDERS.map(() => 'dropped'))
    })

    it('both fail over with the rules, and then serve their application server', async () => {
      const [first, second] = [present(dc1.dataHosts[0]), present(dc1.dataHosts[1])]
      await dc1.group.processes.kill(`${first.name} redis`)
      const promoted = await eventually(async () => {
        const named = await dc1.group.primaryNamedBy('dc1-app-1', dc1.tokenAddress(second))
        expect(named).not.toBe(dc1.tokenAddress(first))
        return named
      })
      await dc1.group.agreesOn('dc1-app-1', promoted, 1, 30_000)
      const written = await dc1.group.ask('dc1-app-1', promoted, 'redis', ['SET', 'a', '1'])
      expect(written).toBe('OK\n')
      expect(await dc1.group.ask('dc1-app-1', promoted, 'redis', ['WAIT', '1', '5000'])).toBe('1\n')
    }, 90_000)
  },
)

/** The exit code of `timeout` after it has killed its program. */
const TIMED_OUT = 124
