import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSiteCertificates } from '@holdfast/operations/data-centre/site-certificates'
import { tlsArgs } from '@holdfast/testing/hosts/certificates'
import {
  asAdmin,
  dataHostsOf,
  exampleOn,
  exampleSite,
  renderExample,
  tunnelledSite,
} from '@holdfast/testing/hosts/example-site'
import { Namespaces } from '@holdfast/testing/hosts/namespaces'
import type { Written } from '@holdfast/testing/hosts/platform-client'
import { isRoot, isThere } from '@holdfast/testing/hosts/programs'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { Tunnels } from '@holdfast/testing/hosts/tunnels'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CertificateFolder } from '../../src/certificates/folder.ts'
import type { Site } from '../../src/file/site.ts'
import { TIMINGS } from '../../src/topology/topology.ts'

const NETWORK = await leaseNetwork()

const CLIENT = fileURLToPath(new URL('../../../../testing/src/hosts/platform-client.ts', import.meta.url))
const application = { name: 'dc1-app-1', address: '10.20.0.21' }
/** With a tunnel, hosts are network namespaces. They need root and `ip`. */
const canMakeHosts = isRoot && isThere('ip')

let folder: string
let namespaces: Namespaces | null = null
let tunnels: Tunnels | null = null
let group: RenderedGroup

beforeEach(async () => {
  folder = await makeTempFolder()
})

afterEach(async () => {
  await group?.processes.killAll()
  await tunnels?.remove()
  await namespaces?.remove()
  namespaces = null
  tunnels = null
  await rm(folder, { recursive: true, force: true })
})

/** Puts the rendered files in place, and returns the data hosts with the addresses that they announce. */
async function place(site: Site, network: string): Promise<ReturnType<typeof dataHostsOf>> {
  const hosts = dataHostsOf(network)
  const held = new CertificateFolder(join(folder, 'certificates'), 'dc1')
  await held.createAuthority({})
  for (const { name, address, runs } of site.dataCentres.flatMap((dataCentre) => dataCentre.hosts)) {
    const isDialled = runs.includes('redis')
    const purposes = isDialled ? (['server', 'client'] as const) : (['client'] as const)
    await held.issue({ name, purposes, addresses: isDialled ? [address] : [] })
  }
  group = await RenderedGroup.place({
    files: renderExample(site, (await readSiteCertificates(site, join(folder, 'certificates'))).of),
    folder,
    hosts,
    others: [application.name],
    ...(namespaces === null ? {} : { on: namespaces.on }),
    cliArgs: (placed, service) => [...(site.transport === 'tls' ? tlsArgs(placed) : []), ...asAdmin(service)],
  })
  return hosts
}

async function makeHosts(): Promise<Namespaces> {
  namespaces = await Namespaces.create('hfi')
  for (const { name, address } of [...dataHostsOf('10.20.0'), application])
    await namespaces.addHost(name, address)
  return namespaces
}

/** The client writes and reads, the primary dies, and the client writes and reads on the new primary. */
async function survivesTheFailover(hosts: ReturnType<typeof dataHostsOf>): Promise<void> {
  const [first = { name: '', address: '' }, second = { name: '', address: '' }] = hosts
  group.start()
  await group.quickenSentinels()
  await group.agreesOn(application.name, first.address, 2, 60_000)
  const report = join(folder, 'report')
  const properties = group.pathOn(application.name, 'redisProps.json')
  group.startOn(application.name, 'client', ['env', process.execPath, CLIENT, properties, report])
  const written = async (): Promise<Written[]> =>
    (await readFile(report, 'utf8'))
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
  const enough = (isWanted: (one: Written) => boolean) =>
    eventually(async () => {
      const found = (await written()).filter(isWanted)
      expect(found.length, JSON.stringify((await written()).at(-1))).toBeGreaterThanOrEqual(20)
    }, 60_000)
  const isReadBack = ({ number, read }: Written) => read === String(number)
  await enough((one) => one.by === first.address && one.replicas === 2 && isReadBack(one))
  await group.processes.kill(`${first.name} redis`)
  await enough((one) => one.by !== null && one.by !== first.address && one.replicas === 1 && isReadBack(one))
  await group.processes.kill(`${application.name} client`)
  const promoted = await group.primaryNamedBy(application.name, second.address)
  expect(promoted).not.toBe(first.address)
  const all = await written()
  // Which Redis acknowledged a write is not known when the connection ended just then.
  expect(new Set(all.flatMap(({ by }) => by ?? []))).toEqual(new Set([first.address, promoted]))
  // The platform shuts down when its retries run out.
  expect(all.filter(({ problem }) => problem !== undefined)).toEqual([])
  // A write that no replica had may be lost with the primary, but a read never returns another value.
  const isLostWithIt = ({ by, read }: Written) => by !== promoted && read === null
  expect(all.filter((one) => !isReadBack(one) && !isLostWithIt(one))).toEqual([])
  // Before the primary died, this means on every replica, and so on the promoted one.
  const replicated = all.filter(
    ({ by, replicas }) => by !== null && replicas === (by === first.address ? 2 : 1),
  )
  const keys = replicated.map(({ number }) => `beat:${number}`)
  const stored = await group.ask(application.name, promoted, 'redis', ['MGET', ...keys])
  expect(stored.trim().split('\n')).toEqual(replicated.map(({ number }) => String(number)))
}

describe('An ioredis client with the rendered redisProps', () => {
  it.each(['plain', 'tls'] as const)(
    'ioredis writes and reads through a failover with the transport %s',
    async (transport) => {
      const site = exampleOn(NETWORK, { transport })
      await survivesTheFailover(await place(site, NETWORK))
    },
    180_000,
  )

  it.skipIf(!canMakeHosts || !isThere('stunnel'))(
    'ioredis writes and reads through a failover with the transport stunnel',
    async () => {
      await makeHosts()
      const hosts = await place(exampleSite({ transport: 'stunnel', timings: TIMINGS.fast }), '127.20.0')
      for (const { name } of [...hosts, application])
        group.startOn(name, 'stunnel', ['stunnel', group.pathOn(name, '/etc/holdfast/stunnel.conf')])
      await survivesTheFailover(hosts)
    },
    180_000,
  )

  it.skipIf(!canMakeHosts || !isThere('wireguard-go') || !isThere('wg'))(
    'ioredis writes and reads through a failover with the transport wireguard',
    async () => {
      tunnels = new Tunnels(await makeHosts())
      const hosts = await place({ ...tunnelledSite(), timings: TIMINGS.fast }, '10.99.0')
      for (const { name, address } of [...hosts, application])
        await tunnels.start(group, name, address.replace('10.20.', '10.99.'))
      await survivesTheFailover(hosts)
    },
    180_000,
  )
})
