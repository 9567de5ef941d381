import { rm } from 'node:fs/promises'
import { TestAuthority } from '@holdfast/testing'
import { placeCertificate } from '@holdfast/testing/hosts/certificates'
import {
  asAdmin,
  dataHostsOf,
  exampleSite,
  renderExample,
  tunnelledSite,
} from '@holdfast/testing/hosts/example-site'
import { Namespaces } from '@holdfast/testing/hosts/namespaces'
import { isRoot, isThere } from '@holdfast/testing/hosts/programs'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { Tunnels } from '@holdfast/testing/hosts/tunnels'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TIMINGS } from '../../src/topology/topology.ts'

/** Hosts are network namespaces here. They need root and `ip`, which a small machine may lack. */
const canMakeHosts = isRoot && isThere('ip')
const hosts = dataHostsOf('10.20.0')
const application = { name: 'dc1-app-1', address: '10.20.0.21' }

let folder: string
let namespaces: Namespaces
let tunnels: Tunnels
let group: RenderedGroup

beforeEach(async () => {
  if (!canMakeHosts) return
  folder = await makeTempFolder()
  namespaces = await Namespaces.create('hfr')
  tunnels = new Tunnels(namespaces)
  for (const { name, address } of [...hosts, application]) await namespaces.addHost(name, address)
})

afterEach(async ({ task }) => {
  if (!canMakeHosts) return
  if (task.result?.state === 'fail') console.error(group?.processes.allOutput)
  await group?.processes.killAll()
  await tunnels.remove()
  await namespaces.remove()
  await rm(folder, { recursive: true, force: true })
})

async function failsOver(from: string, known: { name: string; address: string }[]): Promise<void> {
  const [first, second] = known
  if (first === undefined || second === undefined) throw new Error('three hosts are known')
  await group.processes.kill(`${first.name} redis`)
  await eventually(async () => {
    expect(await group.primaryNamedBy(from, second.address)).not.toBe(first.address)
  }, 20_000)
  const promoted = await group.primaryNamedBy(from, second.address)
  expect(known.map(({ address }) => address)).toContain(promoted)
  await group.agreesOn(from, promoted, 1, 20_000)
}

describe.skipIf(!canMakeHosts)('Three hosts in network namespaces (needs root and `ip`)', () => {
  it('three hosts work with the configuration that the document prints', async () => {
    const site = exampleSite({ profile: 'as-documented', transport: 'plain', timings: TIMINGS.fast })
    group = await RenderedGroup.place({
      files: renderExample(site),
      folder,
      hosts,
      on: namespaces.on,
      cliArgs: (_placed, service) => (service === 'redis' ? ['--pass', FIXED_SECRETS.admin] : []),
    })
    group.start()
    await group.agreesOn('dc1-data-1', '10.20.0.11', 2, 30_000)
    await failsOver('dc1-data-2', hosts)
  }, 90_000)

  // `npm start` does not need stunnel, so a machine may not have it.
  it.skipIf(!isThere('stunnel'))(
    'three hosts connect through stunnel and fail over, and an application follows',
    async () => {
      const site = exampleSite({ transport: 'stunnel', timings: TIMINGS.fast })
      const known = hosts.map(({ name, address }) => ({ name, address: address.replace('10.', '127.') }))
      const all = [...hosts, application]
      group = await RenderedGroup.place({
        files: renderExample(site),
        folder,
        hosts: known,
        others: [application.name],
        on: namespaces.on,
        cliArgs: (_placed, service) => asAdmin(service),
      })
      const authority = await TestAuthority.create('dc1')
      for (const host of all) {
        await placeCertificate(authority, host, group.pathOn(host.name, '/etc/holdfast/tls'))
        group.startOn(host.name, 'stunnel', [
          'stunnel',
          group.pathOn(host.name, '/etc/holdfast/stunnel.conf'),
        ])
      }
      group.start()
      await group.quickenSentinels()
      await group.agreesOn(application.name, '127.20.0.11', 2, 30_000)
      expect(await group.ask(application.name, '127.20.0.11', 'redis', ['SET', 'a', '1'])).toBe('OK\n')
      await failsOver(application.name, known)
      const promoted = await group.primaryNamedBy(application.name, '127.20.0.12')
      expect(await group.ask(application.name, promoted, 'redis', ['GET', 'a'])).toBe('1\n')
    },
    90_000,
  )

  it.skipIf(!isThere('stunnel'))(
    'stunnel rejects a host that impersonates another one',
    async () => {
      const site = exampleSite({ transport: 'stunnel' })
      group = await RenderedGroup.place({
        files: renderExample(site),
        folder,
        hosts: hosts.map(({ name, address }) => ({ name, address: address.replace('10.', '127.') })),
        others: [application.name],
        on: namespaces.on,
        cliArgs: (_placed, service) => asAdmin(service),
      })
      const authority = await TestAuthority.create('dc1')
      for (const host of [...hosts, application]) {
        const posed = host.name === 'dc1-data-2' ? { ...host, name: 'dc1-data-3' } : host
        await placeCertificate(authority, posed, group.pathOn(host.name, '/etc/holdfast/tls'))
        group.startOn(host.name, 'stunnel', [
          'stunnel',
          group.pathOn(host.name, '/etc/holdfast/stunnel.conf'),
        ])
      }
      group.start()
      await eventually(async () => {
        expect(await group.ask(application.name, '127.20.0.11', 'redis', ['PING'])).toBe('PONG\n')
      })
      await expect(group.ask(application.name, '127.20.0.12', 'redis', ['PING'])).rejects.toThrow()
    },
    60_000,
  )

  // WireGuard in user space, because the kernel may not have it.
  it.skipIf(!isThere('wireguard-go') || !isThere('wg'))(
    'three hosts connect in the WireGuard tunnel, and fail over',
    async () => {
      const site = { ...tunnelledSite(), timings: TIMINGS.fast }
      const known = hosts.map(({ name, address }) => ({ name, address: address.replace('10.20.', '10.99.') }))
      const files = renderExample(site)
      group = await RenderedGroup.place({
        files,
        folder,
        hosts: known,
        others: [application.name],
        on: namespaces.on,
        cliArgs: (_placed, service) => asAdmin(service),
      })
      for (const { name, address } of [...hosts, application]) {
        await tunnels.start(group, name, address.replace('10.20.', '10.99.'))
      }
      group.start()
      await group.quickenSentinels()
      await group.agreesOn(application.name, '10.99.0.11', 2, 30_000)
      await failsOver(application.name, known)
    },
    90_000,
  )
})
