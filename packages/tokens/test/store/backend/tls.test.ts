import {
  EXPIRED,
  RedisGroup,
  type ServerTls,
  startStandaloneRedis,
  TEST_USERS,
  TestAuthority,
} from '@holdfast/testing'
import { within } from '@holdfast/testing/within'
import { createRedisStore, type TlsOptions } from '@holdfast/tokens'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { errorOf, KEYRING, makeStore, openStore, pause, printed } from '../../support.ts'

const SECRET = 'a-password-that-nobody-may-see'
let ours: TestAuthority
let group: RedisGroup
let application: ServerTls

beforeAll(async () => {
  ours = await TestAuthority.create('dc1')
  application = await ours.application()
  group = await RedisGroup.start({ tls: await ours.host() })
})
afterAll(() => group?.stop())

test('by TLS alone: a failover ends no session, fails no login and shows no error', {
  timeout: 60_000,
}, async () => {
  const [one, two] = [
    await openStore(group, { tls: application }),
    await openStore(group, { tls: application }),
  ]
  const loggedIn: string[] = []
  const wrong: string[] = []
  let verifications = 0
  let stopped = false
  const logIn = async () => {
    while (!stopped) {
      const issued = one.issue({ subject: 'ada' }).then(({ token }) => loggedIn.push(token))
      await issued.catch((error: Error) => wrong.push(error.message))
      await pause(10)
    }
  }
  const verify = async () => {
    while (!stopped) {
      const token = loggedIn[Math.floor(Math.random() * loggedIn.length)]
      const answer = token === undefined ? null : await two.verify(token)
      if (answer !== null && answer.status !== 'active') wrong.push(answer.status)
      verifications += 1
      await pause(3)
    }
  }
  const users = [logIn(), logIn(), verify(), verify()]
  await pause(500)
  const killed = await group.primary()
  await killed.kill()
  await expect
    .poll(() => one.status().primary, { timeout: 15_000 })
    .not.toBeOneOf([null, `127.0.0.1:${killed.port}`])
  await pause(500)
  await killed.start()
  await group.untilHealthy()
  stopped = true
  await Promise.all(users)
  expect(wrong).toEqual([])
  expect(loggedIn.length).toBeGreaterThan(20)
  expect(verifications).toBeGreaterThan(200)
  const fresh = await openStore(group, { tls: application })
  const answers = await Promise.all(loggedIn.map((token) => fresh.verify(token)))
  expect(answers.filter(({ status }) => status !== 'active')).toEqual([])
})

test('a store works with one Redis by TLS, for development', async () => {
  const { server, stop } = await startStandaloneRedis({ tls: await ours.host() })
  onTestFinished(stop)
  const store = createRedisStore({
    dataCentre: 'dc1',
    keyring: KEYRING,
    standalone: server.address,
    ...TEST_USERS.app,
    tls: application,
  })
  onTestFinished(() => store.close())
  await store.ready({ timeoutMs: 5000 })
  const { token } = await store.issue({ subject: 'ada' })
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
})

test('one host whose certificate has expired stops nothing', async () => {
  const { server, stop } = await startStandaloneRedis({ tls: await ours.host(EXPIRED()) })
  onTestFinished(stop)
  const sentinels = [server.address, ...group.sentinels.map(({ address }) => address)]
  const store = await openStore(group, { sentinels, tls: application })
  expect(store.status()).toMatchObject({ writable: true })
})

describe('ready() tells at once, in one sentence,', () => {
  async function readyError(servers: RedisGroup, tls?: TlsOptions) {
    const sentinels = servers.sentinels.map(({ address }) => address)
    const store = makeStore({ sentinels, password: SECRET, ...(tls && { tls }) })
    const value = await within(errorOf(store.ready({ timeoutMs: 60_000 })))
    await store.close()
    expect(value.message).toMatch(/^[^\n]+\.$/)
    expect(printed(value)).not.toContain(SECRET)
    return value
  }

  test('that the certificates are of another data centre', async () => {
    const { ca } = await TestAuthority.create('dc2')
    expect(await readyError(group, { ...application, ca })).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'unknown-authority',
      message: expect.stringContaining('is not signed by "Holdfast authority of dc2".'),
    })
  })

  test('that the application has no certificate', async () => {
    expect(await readyError(group, { ca: ours.ca })).toMatchObject({ reason: 'client-certificate' })
  })

  test('that the application has one of another data centre', async () => {
    const { cert, key } = await (await TestAuthority.create('dc2')).application()
    const error = await readyError(group, { ca: ours.ca, cert, key })
    expect(error).toMatchObject({ reason: 'client-certificate' })
    expect(error.message).toContain('it believes another authority')
  })

  test('that the application does not encrypt', async () => {
    expect(await readyError(group)).toMatchObject({ code: 'TLS_FAILED', reason: 'plain-to-tls' })
  })
})
