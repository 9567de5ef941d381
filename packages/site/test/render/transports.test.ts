import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { random, startServers, writeUnsealed } from '@holdfast/testing/hosts/application-hosts'
import type { Answer, ApplicationServer, Login } from '@holdfast/testing/hosts/application-server'
import { Capture, type Traffic } from '@holdfast/testing/hosts/capture'
import { type HostedDataCentre, HostedSite, present } from '@holdfast/testing/hosts/hosted-site'
import { isRoot, isThere } from '@holdfast/testing/hosts/programs'
import { siteText } from '@holdfast/testing/hosts/site-text'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { tokenKey } from '@holdfast/tokens'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { hostsThatRun, type Transport } from '../../src/file/site.ts'

/** Hosts are network namespaces here, which need root. A small machine may lack `ip`, `nft` or `tcpdump`. */
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
  siteText(transport, 'The test captures this traffic.', { dc1: HOSTS })

const count = (answers: Answer[], which: Answer) => answers.filter((answer) => answer === which).length

/** The answer of every server about every login. */
const checkAll = (servers: ApplicationServer[], logins: Login[]): Promise<Answer[]> =>
  Promise.all(servers.flatMap((server) => logins.map((login) => server.check(login))))

describe.skipIf(!canCapture).each(TRANSPORTS)(
  'A data centre with the transport %s (needs root, `ip`, `nft` and `tcpdump`)',
  (transport) => {
    const names = Array.from({ length: 50 }, (_, index) => `${random('user')}-${index}`)
    const password = random('password-of-all-users')
    const logins: Login[] = []
    /** The texts that applications sent to Redis without encrypting them. */
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
     * Each server logs in its share of these users: four of five at the gateway, one in the application. A user who
     * gets the answer "try again later" retries.
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
    it('the data centre starts, and no user is logged out when its primary is killed', async () => {
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
      logins.push(...more)
      await eventually(async () => {
        const last = await checkAll(servers, logins)
        answers.push(...last)
        expect(count(last, 'active')).toBe(servers.length * names.length)
      })
      // A server that cannot decide answers unavailable: the user stays logged in and retries.
      expect(count(answers, 'active') + count(answers, 'unavailable')).toBe(answers.length)
    }, 300_000)

    it('the capture contains all traffic, in both directions between every two hosts', async () => {
      traffic = await capture.stop()
      for (const way of waysOf(dc1)) expect(traffic.ways).toContain(way)
    })

    const found = (texts: string[]) => texts.filter((text) => traffic.holds(text))

    const isPlain = transport === 'plain'
    const shows = isPlain ? 'shows' : 'does not show'

    it(`captured traffic ${shows} passwords`, () => {
      const { admin, replica, sentinel, metrics, app, peer, sentinelAdmin, sentinelApp } = dc1.secrets
      const sent = [admin, replica, sentinel, metrics, app, peer, sentinelAdmin, sentinelApp]
      expect(found(sent)).toEqual(isPlain ? sent : [])
    })

    it(`captured traffic ${shows} tokens and sessions that an application does not encrypt`, () => {
      expect(unsealed).toHaveLength(6)
      expect(found(unsealed)).toEqual(isPlain ? unsealed : [])
    })

    it(`captured traffic ${shows} the keys of sessions of the library and the gateways`, () => {
      const keys = logins.map(({ token }) => tokenKey(token) ?? '')
      expect(keys).toHaveLength(names.length)
      expect(found(keys)).toEqual(isPlain ? keys : [])
    })

    it('captured traffic never shows their tokens, users and contents, or the key ring', () => {
      const contents = logins.flatMap(({ content }) => content ?? [])
      expect(contents).toHaveLength(names.length / 5)
      const { index, keys } = dc1.secrets.keyring
      const kept = [...names, ...logins.map(({ token }) => token), ...contents, password, index]
      expect(found([...kept, ...Object.values(keys)])).toEqual([])
    })
  },
)

/**
 * The pairs of hosts that must exchange packets: every Redis host with every other, and every server with every Redis
 * host.
 */
const waysOf = ({ dataHosts, dataCentre }: HostedDataCentre): string[] =>
  dataHosts.flatMap((data) =>
    dataCentre.hosts
      .filter((host) => host !== data)
      .flatMap((host) => [`${host.address} > ${data.address}`, `${data.address} > ${host.address}`]),
  )
