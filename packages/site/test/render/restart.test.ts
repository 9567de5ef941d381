import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { asAdmin, dataHostsOf, exampleOn, renderExample } from '@holdfast/testing/hosts/example-site'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { createRedisStore } from '@holdfast/tokens'
import { MARK_KEY } from '@holdfast/tokens/redis'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PORT } from '../../src/topology/topology.ts'

const NETWORK = await leaseNetwork()

const hosts = dataHostsOf(NETWORK)
const [first = { name: '', address: '' }] = hosts

let folder: string
let group: RenderedGroup

beforeEach(async () => {
  folder = await makeTempFolder()
})

afterEach(async () => {
  await group.processes.killAll()
  await rm(folder, { recursive: true, force: true })
})

const openStore = () =>
  createRedisStore({
    dataCentre: 'dc1',
    keyring: FIXED_SECRETS.keyring,
    sentinels: hosts.map(({ address }) => ({ host: address, port: PORT.sentinel })),
    username: 'app',
    password: FIXED_SECRETS.app,
    sentinelUsername: 'app',
    sentinelPassword: FIXED_SECRETS.sentinelApp,
    groupMark: FIXED_SECRETS.mark,
  })

// Redis loads its append-only file as the user `default`. If that user has no rights, Redis skips everything that a
// script
// wrote in one step, logs that, and starts: all logins and logouts since the file was rewritten would be lost.
it('logins and logouts survive when all three Redis die at once', async () => {
  group = await RenderedGroup.place({
    files: renderExample(exampleOn(NETWORK, { transport: 'plain' })),
    folder,
    hosts,
    cliArgs: (_placed, service) => asAdmin(service),
  })
  group.start()
  await group.quickenSentinels()
  await group.agreesOn(first.name, first.address, 2, 60_000)
  await group.ask(first.name, first.address, 'redis', ['SET', MARK_KEY, FIXED_SECRETS.mark])
  const before = openStore()
  await before.ready({ timeoutMs: 30_000 })
  const [kept, ended] = [await before.issue({ subject: 'alice' }), await before.issue({ subject: 'bob' })]
  await before.revoke(ended.token)
  await before.close()
  // appendfsync everysec
  await sleep(2500)
  for (const { name } of hosts) await group.processes.kill(`${name} redis`)
  for (const { name } of hosts) group.startRedis(name)
  const after = openStore()
  try {
    await eventually(async () => {
      expect(await after.verify(kept.token)).toMatchObject({ status: 'active', subject: 'alice' })
      expect(await after.verify(ended.token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
    }, 60_000)
  } finally {
    await after.close()
  }
}, 180_000)
