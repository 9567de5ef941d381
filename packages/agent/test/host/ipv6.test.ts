import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PORT } from '@holdfast/site/topology/topology'
import { startServers } from '@holdfast/testing/hosts/application-hosts'
import { HOLDFAST, type HostedDataCentre, HostedSite, present } from '@holdfast/testing/hosts/hosted-site'
import { isRoot, isThere } from '@holdfast/testing/hosts/programs'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { formatAddress } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

/** The hosts are network namespaces, which only root can create. A small machine may lack `ip` or `nft`. */
const canMakeHosts = isRoot && isThere('ip') && isThere('nft')

const siteOf = (transport: string) => `
version: 1
engine: redis 7.0
transport: ${transport}
${transport === 'plain' ? 'plainBecause: It is a test on one machine.' : ''}
timings: fast
dataCentres:
  dc1:
    secrets: { file: ./secrets }
    hosts:
      - { name: dc1-data-1, address: 'fd00:20::11', runs: [redis, sentinel] }
      - { name: dc1-data-2, address: 'fd00:20::12', runs: [redis, sentinel] }
      - { name: dc1-data-3, address: 'fd00:20::13', runs: [redis, sentinel] }
      - { name: dc1-app-1, address: 'fd00:20::21', runs: [application, gateway] }
`

const TRANSPORTS = ['plain', 'tls', ...(isThere('stunnel') ? ['stunnel'] : [])]

describe.skipIf(!canMakeHosts).each(TRANSPORTS)(
  'with hosts that have only IPv6 addresses and the transport %s (needs root, `ip` and `nft`)',
  (transport) => {
    let folder: string
    let site: HostedSite
    let dc1: HostedDataCentre

    beforeEach(async () => {
      folder = await makeTempFolder()
      site = await HostedSite.place(siteOf(transport), folder, 'hf6')
      dc1 = site.find('dc1')
    })

    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') console.error(site.said)
      await site?.remove()
      await rm(folder, { recursive: true, force: true })
    })

    it('a data centre starts from its rendered files, fails over, takes the old primary back and keeps its logins', async () => {
      await dc1.bringUp({ isGuarded: true })
      const users = { names: ['ada'], password: 'a-password-of-a-test' }
      const server = present((await startServers(dc1, folder, users))[0])
      const before = [await server.logIn('ada', users.password), await server.begin('ada', 'content')]

      const [first, ...others] = dc1.dataHosts.map((host) => ({ ...host, at: dc1.tokenAddress(host) }))
      const old = present(first)
      const named = () => dc1.group.primaryNamedBy('dc1-app-1', present(others[0]).at)
      await dc1.group.processes.kill(`${old.name} redis`)
      await eventually(async () => {
        const promoted = await named()
        expect(promoted).not.toBe(old.at)
        await dc1.group.agreesOn('dc1-app-1', promoted, 1, 5000)
      }, 90_000)
      const starts = others.map(({ at }) => `--replicaof ${at} 6379`)
      expect(starts).toContain(await dc1.startGuarded(old.name))
      // A busy machine may fail over once more.
      await eventually(async () => dc1.group.agreesOn('dc1-app-1', await named(), 2, 5000), 90_000)

      // An operator's commands need a certificate of their own where the traffic is encrypted by TLS.
      if (transport !== 'tls') {
        const operate = (...command: string[]) =>
          site.namespaces.run('dc1-app-1', [...HOLDFAST, ...command, '--file', join(folder, 'holdfast.yaml')])
        expect(await operate('status')).toContain(formatAddress({ host: old.at, port: PORT.redis }))
      }

      const after = await server.logIn('ada', users.password)
      for (const login of [...before, after]) expect(await server.check(login)).toBe('active')
    }, 300_000)
  },
)
