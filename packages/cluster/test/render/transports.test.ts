import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { tokenKey } from '@holdfast/tokens'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hostsThatRun, type Transport } from '../../src/site/site.ts'
import { eventually, makeTempFolder } from '../support/data-centre.ts'
import { random, startServers, writeUnsealed } from './support/application-hosts.ts'
import type { Answer, ApplicationServer, Login } from './support/application-server.ts'
import { Capture, type Traffic } from './support/capture.ts'
import { type HostedDataCentre, HostedSite, present } from './support/hosted-site.ts'
import { isRoot, isThere } from './support/programs.ts'
import { siteText } from './support/site-text.ts'

/** Hosts are network namespaces here, which only root makes; a small machine may lack `ip`, `nft` or `tcpdump`. */
const canCapture = isRoot && ['ip', 'nft', 'tcpdump'].every(isThere)

const TRANSPORTS: Transport[] = [
  'plain',
  'tls',
  ...(isThere('stunnel') ? (['stunnel'] as const) : []),
  ...(isThere('wireguard-go') && isThere('wg') ? (['wireguard'] as const) : []),
]

const HOSTS = [
  ['dc1-data-1', 11, 'redis, sentinel'],
  ['dc1-data-2', 12, 'redis, sentinel'],
  ['dc1-data-3', 13, 'redis, sentinel'],
  ['dc1-app-1', 21, 'application, gateway'],
  ['dc1-app-2', 22, 'application, gateway'],
] as const

const siteOf = (transport: Transport) =>
  siteText(transport, 'The test shows what anybody could read.', { dc1: HOSTS })

const count = (answers: Answer[], which: Answer) => answers.filter((answer) => answer === which).length

/** What every server says of every login. */
const checkAll = (servers: ApplicationServer[], logins: Login[]): Promise<Answer[]> =>
  Promise.all(servers.flatMap((server) => logins.map((login) => server.check(login))))

describe.skipIf(!canCapture).each(TRANSPORTS)(
  'a data centre from a holdfast.yaml with the transport %s (by root, with `ip`, `nft` and `tcpdump`)',
  (transport) => {
    const names = Array.from({ length: 50 }, (_, index) => `${random('user')}-${index}`)
    const password = random('password-of-all-users')
    const logins: Login[] = []
    /** What was sent to Redis by those that do not seal it. */
    const unsealed: string[] = []
    let folder: string
    let site: HostedSite
    let capture: Capture
    let dc1: HostedDataCentre
    let traffic: Traffic

    beforeAll(async () => {
      folder = await makeTempFolder()
      site = await HostedSite.place(siteOf(transport), folder, 'hft')
      capture = await Capture.start(site.namespaces, join(folder, 'all.pcap'))
      dc1 = site.find('dc1')
    })

    afterEach(({ task }) => {
      if (task.result?.state === 'fail') console.error(site.said)
    })

    afterAll(async () => {
      await capture?.end()
      await site?.remove()
      await rm(folder, { recursive: true, force: true })
    })

    /**
     * Each server logs in its share of these users: four of five at the gateway, one in the application. Who is told to
     * come back later does.
     */
    const logIn = (servers: ApplicationServer[], users: string[]): Promise<Login[]> =>
      Promise.all(
        users.map((user, index) => {
          const server = present(servers[index % servers.length])
          const content = random('content')
          const attempt = () => (index % 5 === 0 ? server.begin(user, content) : server.logIn(user, password))
          return eventually(attempt, 120_000)
        }),
      )

    // INV-SITE-5.
    it('comes up, and logs nobody out when its primary is killed', async () => {
      await dc1.bringUp()
      const servers = await startServers(dc1, folder, { names, password })
      const [primary = '', next = ''] = dc1.dataHosts.map((host) => dc1.tokenAddress(host))
      logins.push(...(await logIn(servers, names.slice(0, 40))))
      expect(count(await checkAll(servers, logins), 'active')).toBe(servers.length * logins.length)
      for (const { name } of hostsThatRun(dc1.dataCentre, 'application')) {
        unsealed.push(...(await writeUnsealed(dc1, name, primary)))
      }
      const asMonitor = ['--user', 'metrics', '--pass', dc1.secrets.metrics, 'PING']
      expect(await dc1.group.ask('dc1-data-3', primary, 'redis', asMonitor)).toBe('PONG\n')

      await dc1.group.processes.kill('dc1-data-1 redis')
      const answers: Answer[] = []
      let isServed = false
      const keepChecking = async () => {
        while (!isServed) answers.push(...(await checkAll(servers, logins)))
      }
      const logInMore = logIn(servers, names.slice(40)).finally(() => {
        isServed = true
      })
      const [more] = await Promise.all([logInMore, keepChecking()])
      await eventually(async () => {
        expect(await dc1.group.primaryNamedBy('dc1-app-1', next)).not.toBe(primary)
      })

      expect(answers.length).toBeGreaterThanOrEqual(servers.length * logins.length)
      // A server that cannot know says so: its user stays logged in and asks again.
      expect(count(answers, 'active') + count(answers, 'unavailable')).toBe(answers.length)
      logins.push(...more)
      expect(count(await checkAll(servers, logins), 'active')).toBe(servers.length * names.length)
    }, 300_000)

    it('was captured as a whole, each two hosts that talk in both directions', async () => {
      traffic = await capture.stop()
      for (const way of waysOf(dc1)) expect(traffic.ways).toContain(way)
    })

    const found = (texts: string[]) => texts.filter((text) => traffic.holds(text))

    const isPlain = transport === 'plain'
    const shows = isPlain ? 'shows' : 'does not show'

    it(`${shows} passwords to whoever listens between the hosts`, () => {
      const { admin, replica, sentinel, metrics, app, peer, sentinelAdmin, sentinelApp } = dc1.secrets
      const sent = [admin, replica, sentinel, metrics, app, peer, sentinelAdmin, sentinelApp]
      expect(found(sent)).toEqual(isPlain ? sent : [])
    })

    it(`${shows} tokens and contents of sessions that an application does not seal`, () => {
      expect(unsealed).toHaveLength(6)
      expect(found(unsealed)).toEqual(isPlain ? unsealed : [])
    })

    it(`${shows} under which keys the sessions of the library and the gateways are`, () => {
      const keys = logins.map(({ token }) => tokenKey(token) ?? '')
      expect(keys).toHaveLength(names.length)
      expect(found(keys)).toEqual(isPlain ? keys : [])
    })

    it('never shows their tokens, users and contents, nor the key ring', () => {
      const contents = logins.flatMap(({ content }) => content ?? [])
      expect(contents).toHaveLength(names.length / 5)
      const { index, keys } = dc1.secrets.keyring
      const kept = [...names, ...logins.map(({ token }) => token), ...contents, password, index]
      expect(found([...kept, ...Object.values(keys)])).toEqual([])
    })
  },
)

/** Who must be seen to talk to whom: each Redis host with each other, and each server with each Redis host, both ways. */
const waysOf = ({ dataHosts, dataCentre }: HostedDataCentre): string[] =>
  dataHosts.flatMap((data) =>
    dataCentre.hosts
      .filter((host) => host !== data)
      .flatMap((host) => [`${host.address} > ${data.address}`, `${data.address} > ${host.address}`]),
  )
