import { rm } from 'node:fs/promises'
import { TestAuthority } from '@holdfast/testing'
import { placeCertificate, tlsArgs } from '@holdfast/testing/hosts/certificates'
import { asAdmin, dataHostsOf, exampleOn, renderExample } from '@holdfast/testing/hosts/example-site'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { platformPassword } from '../../src/render/derived-secrets.ts'

const NETWORK = await leaseNetwork()

let folder: string
let group: RenderedGroup

beforeEach(async () => {
  folder = await makeTempFolder()
})

afterEach(async () => {
  await group.processes.killAll()
  await rm(folder, { recursive: true, force: true })
})

describe('Three Redis 7.0 and three Sentinels with the rendered files', () => {
  it('a group connects over TLS, fails over, and rejects clients without a certificate', async () => {
    const hosts = dataHostsOf(NETWORK)
    const files = renderExample(exampleOn(NETWORK, { transport: 'tls' }))
    group = await RenderedGroup.place({
      files,
      folder,
      hosts,
      cliArgs: (placed, service) => [...tlsArgs(placed), ...asAdmin(service)],
    })
    const authority = await TestAuthority.create('dc1')
    for (const host of hosts)
      await placeCertificate(authority, host, group.pathOn(host.name, '/etc/holdfast/tls'))
    group.start()
    await group.quickenSentinels()
    await group.agreesOn('dc1-data-1', `${NETWORK}.11`, 2, 20_000)
    expect(await group.ask('dc1-data-1', `${NETWORK}.11`, 'redis', ['WAIT', '2', '1000'])).toBe('2\n')
    const asPlatform = ['--user', 'platform', '--pass', platformPassword(FIXED_SECRETS)]
    const written = await group.ask('dc1-data-1', `${NETWORK}.11`, 'redis', [
      ...asPlatform,
      'SET',
      'heartbeat',
      '1',
    ])
    expect(written).toBe('OK\n')
    await expect(
      group.ask('dc1-data-1', `${NETWORK}.11`, 'redis', ['--cert', '', '--key', '', 'PING']),
    ).rejects.toThrow()
    await group.processes.kill('dc1-data-1 redis')
    await eventually(async () => {
      expect(await group.primaryNamedBy('dc1-data-2', `${NETWORK}.12`)).toBeOneOf([
        `${NETWORK}.12`,
        `${NETWORK}.13`,
      ])
    }, 15_000)
    const promoted = await group.primaryNamedBy('dc1-data-2', `${NETWORK}.12`)
    await group.agreesOn('dc1-data-2', promoted, 1, 15_000)
  }, 60_000)
})
