import { ROTATION_LIMITS } from '@holdfast/site/secrets/limits'
import { type Group, QUORUM, TIMINGS } from '@holdfast/site/topology/topology'
import { PRIMARY_NAME, RedisGroup, TEST_USERS, TestAuthority } from '@holdfast/testing'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import type { TlsOptions } from '@holdfast/tokens/redis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Nodes } from '../../src/redis/nodes.ts'
import { namedByMajority, Sentinels } from '../../src/redis/sentinels.ts'

const { password } = TEST_USERS.admin
const SECRETS = { ...FIXED_SECRETS, admin: password, sentinelAdmin: password }
let authority: TestAuthority
let group: RedisGroup
beforeAll(async () => {
  authority = await TestAuthority.create('dc1')
  group = await RedisGroup.start({ tls: await authority.host() })
})
afterAll(() => group?.stop())

const topology = (): Group => ({
  name: 'dc1',
  primaryName: PRIMARY_NAME,
  timings: TIMINGS.fast,
  rotation: ROTATION_LIMITS,
  dataHosts: group.redis.map(({ port }, index) => ({
    host: '127.0.0.1',
    redisPort: port,
    sentinelPort: group.sentinels[index]?.port ?? 0,
  })),
  quorum: QUORUM,
})

const accessBy = (tls: TlsOptions | null) => ({ topology: topology(), secrets: SECRETS, tls })

test('a client with a certificate queries Redis and Sentinel over TLS', async () => {
  const tls = await authority.host({ name: 'operator' })
  const [nodes, sentinels] = [new Nodes(accessBy(tls)), new Sentinels(accessBy(tls))]
  onTestFinished(() => [nodes, sentinels].forEach((each) => void each.close()))
  const views = await nodes.views(2000)
  expect(views.map(({ role }) => role).sort()).toEqual(['primary', 'replica', 'replica'])
  expect(namedByMajority(await sentinels.answers(2000))).toBe(`127.0.0.1:${(await group.primary()).port}`)
})

test('a client without TLS, or without a certificate, fails with TLS_FAILED', async () => {
  const [address] = group.redis.map((redis) => redis.address)
  if (address === undefined) throw new Error('There is no Redis.')
  for (const tls of [null, { ca: authority.ca }]) {
    const nodes = new Nodes(accessBy(tls))
    onTestFinished(() => nodes.close())
    await expect(nodes.view(address, 2000)).rejects.toMatchObject({ code: 'TLS_FAILED' })
  }
})
