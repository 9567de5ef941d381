import { rm } from 'node:fs/promises'
import { asAdmin, dataHostsOf, exampleOn, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { RenderedGroup } from '@holdfast/testing/hosts/rendered-group'
import { leaseNetwork } from '@holdfast/testing/leases'
import { eventually, makeTempFolder } from '@holdfast/testing/local/data-centre'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { MARK_KEY } from '@holdfast/tokens/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PORT } from '../../src/topology/topology.ts'
import { mayRun, REDIS_ACCESS, SENTINEL_ACCESS, type UserAccess } from './support/access-table.ts'
import { connectAs, Permissions } from './support/permissions.ts'

const NETWORK = await leaseNetwork()

const hosts = dataHostsOf(NETWORK)
const [first = { name: '', address: '' }] = hosts
const PATIENCE_MS = 10_000
const redisAt = (host: string) => ({ host, port: PORT.redis })
const sentinels = hosts.map(({ address }) => ({ host: address, port: PORT.sentinel }))

let folder: string
let group: RenderedGroup

beforeAll(async () => {
  folder = await makeTempFolder()
  const files = renderExample(exampleOn(NETWORK, { transport: 'plain' }))
  group = await RenderedGroup.place({
    files,
    folder,
    hosts,
    cliArgs: (_placed, service) => asAdmin(service),
  })
  group.start()
  await group.quickenSentinels()
  await group.agreesOn(first.name, first.address, 2, 60_000)
}, 90_000)

afterAll(async () => {
  await group?.processes.killAll()
  await rm(folder, { recursive: true, force: true })
})

const userOf = (access: readonly UserAccess[], name: string): UserAccess => {
  const found = access.find((user) => user.name === name)
  if (found === undefined) throw new Error(`no user ${name}`)
  return found
}

/** Every method of the library. */
async function useLibrary(store: TokenStore): Promise<void> {
  const subject = 'alice'
  const { token } = await store.issue({ subject, claims: { role: 'nurse' } })
  await eventually(async () => expect(await store.verify(token)).toMatchObject({ status: 'active' }))
  expect(await store.touch(token)).toMatchObject({ status: 'active' })
  expect(await store.update(token, (claims) => ({ ...claims, ward: 3 }))).toMatchObject({ status: 'active' })
  const rotated = await store.rotate(token)
  if (rotated.status !== 'active') throw new Error(`rotated to ${rotated.status}`)
  expect(await store.revoke(rotated.token)).toMatchObject({ revoked: true })
  const other = await store.issue({ subject })
  expect(await store.list(subject)).toHaveLength(1)
  expect(await store.revokeById(subject, other.id)).toMatchObject({ revoked: true })
  await store.issue({ subject })
  expect((await store.revokeSubject(subject)).revokedIds).toHaveLength(1)
}

/** The commands of an application such as Itential: heartbeats, data, scripts and channels of Bull. */
async function usePlatform(client: Redis): Promise<void> {
  const script = "redis.call('LPUSH', KEYS[1], ARGV[1]); redis.call('PUBLISH', KEYS[1], ARGV[1]); return 1"
  await client.setex('heartbeat', 60, '1')
  expect(await client.getex('heartbeat')).toBe('1')
  expect(await client.multi().hset('token:1', 'user', 'bob').expire('token:1', 60).exec()).toHaveLength(2)
  expect(await client.eval(script, 1, 'bull:jobs:wait', 'job')).toBe(1)
  expect(await client.brpoplpush('bull:jobs:wait', 'bull:jobs:active', 1)).toBe('job')
  await client.xadd('bull:jobs:events', '*', 'event', 'done')
  await client.publish('bull:jobs', 'done')
  await client.del('bull:jobs:active')
}

/** The commands of one scrape by redis_exporter. */
async function scrape(host: string): Promise<void> {
  const exporter = await connectAs(redisAt(host), userOf(REDIS_ACCESS, 'metrics'))
  const asked = ['PING', 'CLIENT SETNAME redis_exporter', 'INFO ALL', 'LATENCY LATEST', 'LATENCY HISTOGRAM']
  for (const command of [...asked, 'SLOWLOG LEN', 'SLOWLOG GET 1', 'CLIENT LIST'])
    await exporter.send(command.split(' '), PATIENCE_MS)
  exporter.close()
}

async function denialsOf(who: typeof hosts): Promise<string[]> {
  const denials: string[] = []
  for (const { name, address } of who) {
    for (const [port, password] of [
      [PORT.redis, FIXED_SECRETS.admin],
      [PORT.sentinel, FIXED_SECRETS.sentinelAdmin],
    ] as const) {
      const asked = await Permissions.of({ host: address, port }, password)
      denials.push(...(await asked.denials()).map((denial) => `${name}:${port} ${denial}`))
      asked.admin.close()
    }
  }
  return denials
}

describe('ACL users of three rendered Redis and Sentinels', () => {
  it('every user does its work through a failover without a denied command', async () => {
    await group.ask(first.name, first.address, 'redis', ['SET', MARK_KEY, FIXED_SECRETS.mark])
    const store = createRedisStore({
      dataCentre: 'dc1',
      keyring: FIXED_SECRETS.keyring,
      sentinels,
      username: 'app',
      password: FIXED_SECRETS.app,
      sentinelUsername: 'app',
      sentinelPassword: FIXED_SECRETS.sentinelApp,
      groupMark: FIXED_SECRETS.mark,
    })
    const files = renderExample(exampleOn(NETWORK, { transport: 'plain' }))
    const { redisProps } = JSON.parse(textIn(files, 'dc1-app-1', 'itential/redisProps.json'))
    const platform = new Redis(redisProps)
    platform.on('error', () => {})
    const listener = platform.duplicate()
    listener.on('error', () => {})
    await listener.psubscribe('bull:*')
    try {
      await store.ready({ timeoutMs: 30_000 })
      const kept = await store.issue({ subject: 'bob' })
      await Promise.all([
        useLibrary(store),
        usePlatform(platform),
        ...hosts.map((host) => scrape(host.address)),
      ])
      expect(await denialsOf(hosts)).toEqual([])
      await group.processes.kill(`${first.name} redis`)
      const meanwhile = await store.issue({ subject: 'bob' }, { timeoutMs: 60_000 })
      await Promise.all([useLibrary(store), usePlatform(platform)])
      for (const { token } of [kept, meanwhile])
        await eventually(async () => expect(await store.verify(token)).toMatchObject({ status: 'active' }))
      group.startRedis(first.name)
      const promoted = await group.primaryNamedBy('dc1-data-2', `${NETWORK}.12`)
      expect(promoted).not.toBe(first.address)
      await group.agreesOn('dc1-data-2', promoted, 2, 60_000)
      await Promise.all([
        useLibrary(store),
        usePlatform(platform),
        ...hosts.map((host) => scrape(host.address)),
      ])
      expect(await denialsOf(hosts)).toEqual([])
    } finally {
      listener.disconnect()
      platform.disconnect()
      await store.close()
    }
  }, 240_000)

  describe.each([
    ['Redis', PORT.redis, REDIS_ACCESS],
    ['Sentinel', PORT.sentinel, SENTINEL_ACCESS],
  ] as const)('ACL users of %s', (_, port, access) => {
    let permissions: Permissions

    beforeAll(async () => {
      permissions = await Permissions.of({ host: first.address, port }, userOf(access, 'admin').password)
    })

    afterAll(() => permissions?.admin.close())

    it('the table lists every ACL user', async () => {
      expect((await permissions.users()).sort()).toEqual(
        ['default', ...access.map(({ name }) => name)].sort(),
      )
    })

    it.each(access.map((user) => [user.name, user] as const))(
      'the user %s may run exactly the commands that it needs',
      async (_name, user) => {
        const needed = permissions.commands.filter((command) => mayRun(user, command))
        expect(await permissions.runnable(user)).toEqual(needed.map(({ name }) => name).sort())
        const { sent, notDenied } = await permissions.sendForbidden(user)
        expect(notDenied).toEqual([])
        expect(sent + needed.length).toBe(permissions.commands.length)
      },
      60_000,
    )

    it.each(access.map((user) => [user.name, user] as const))(
      'the user %s may access only its own keys and channels',
      async (_name, user) => {
        for (const [names, isOwn] of [
          [user.keys.own, true],
          [user.keys.foreign, false],
        ] as const) {
          for (const key of names) {
            const asked = await permissions.onKey(user, key)
            const wrong = asked.filter(({ isAllowed }) => isAllowed !== isOwn)
            expect(wrong, `${user.name} on ${key}`).toEqual([])
            if (isOwn) expect(asked.length).toBeGreaterThan(0)
          }
        }
        for (const [verb, { own, foreign }] of [
          ['PUBLISH', user.publishes],
          ['SUBSCRIBE', user.hears],
        ] as const) {
          const words = (channel: string) => (verb === 'PUBLISH' ? [verb, channel, 'x'] : [verb, channel])
          for (const channel of own)
            expect(await permissions.dryRun(user.name, words(channel)), `${verb} ${channel}`).toBe('OK')
          for (const channel of foreign)
            expect(await permissions.dryRun(user.name, words(channel)), `${verb} ${channel}`).not.toBe('OK')
        }
      },
      60_000,
    )
  })
})
