import { type RedisGroup, TEST_USERS, TestAuthority } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { SimulatedUsers } from '@holdfast/testing/simulated-users'
import { describe, expect, onTestFinished, test } from 'vitest'
import { APP, errorOf, makeStore, openStore, pause, printed } from '../../support.ts'

const group = groupOfThisFile()
const OLD = TEST_USERS.app.password
let passwords = 0
const newPassword = () => `renewed-password-${++passwords}`

const everybody = (of: RedisGroup) => [...of.redis, ...of.sentinels]

/** Lets the application's user have one more password everywhere, or one fewer. */
async function allow(password: string, of = group(), servers = everybody(of)): Promise<void> {
  for (const server of servers) await of.run(server, 'ACL', 'SETUSER', 'app', `>${password}`)
}
async function refuse(password: string, of = group(), servers = everybody(of)): Promise<void> {
  for (const server of servers) await of.run(server, 'ACL', 'SETUSER', 'app', `<${password}`)
}

/** Ends every connection of the application's user, at every Redis and every Sentinel. */
async function killConnections(of = group()): Promise<void> {
  for (const server of everybody(of)) await of.run(server, 'CLIENT', 'KILL', 'USER', 'app')
}

/** The test's passwords alone are good again when it has ended. */
function resetAfterwards(): void {
  onTestFinished(async () => {
    for (const server of everybody(group()))
      await group().run(server, 'ACL', 'SETUSER', 'app', 'resetpass', `>${OLD}`)
    await killConnections()
  })
}

test('through a renewal of passwords, the end of the old ones and of every connection, nobody notices anything', async () => {
  resetAfterwards()
  const [one, two] = [await openStore(group()), await openStore(group())]
  const users = new SimulatedUsers([one, two], { verifyPauseMs: 20 })
  const next = newPassword()
  await allow(next)
  for (const store of [one, two]) await store.renew({ password: next, sentinelPassword: next })
  await refuse(OLD)
  await pause(300)
  await killConnections()
  await pause(1000)
  await killConnections()
  await pause(1500)
  await users.untilDone({ loggedIn: 15, verifications: 150 })
  await users.stop()
  expect(users.failures).toEqual([])
  for (const token of users.loggedIn) expect(await two.verify(token)).toMatchObject({ status: 'active' })
  expect(two.status()).toMatchObject({
    writable: true,
    nodes: [{ up: true }, { up: true }, { up: true }],
    sentinels: [{ up: true }, { up: true }, { up: true }],
  })
  // The old one is good for nothing any more.
  const stranger = makeStore({ sentinels: group().sentinels.map(({ address }) => address) })
  onTestFinished(() => stranger.close())
  expect(await errorOf(stranger.ready())).toMatchObject({ code: 'AUTH_FAILED' })
})

describe('a renewal that is refused', () => {
  test.each([
    ['the password of Redis', { password: 'a-wrong-secret' }],
    ['the password of the Sentinels', { sentinelPassword: 'a-wrong-secret' }],
    ['one that is right beside one that is wrong', { password: OLD, sentinelPassword: 'a-wrong-secret' }],
  ])('leaves the old secrets in use: %s', async (_, secrets) => {
    const store = await openStore(group())
    const { token } = await store.issue({ subject: 'ada' })
    const error = await errorOf(store.renew(secrets))
    expect(error).toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringMatching(/127\.0\.0\.1:\d+ refused .* were in use before stay in use\.$/),
    })
    expect(printed(error)).not.toContain('a-wrong-secret')
    await killConnections()
    await expect.poll(() => store.status().nodes.every(({ up }) => up)).toBe(true)
    expect(await store.verify(token)).toMatchObject({ status: 'active' })
    await store.issue({ subject: 'ada' })
  })

  // INV-TOKENS-38.
  test('by one Redis alone fails, because that Redis may be the next primary', async () => {
    resetAfterwards()
    const store = await openStore(group())
    const next = newPassword()
    const [left] = await group().replicas()
    const told = everybody(group()).filter((server) => server !== left)
    await allow(next, group(), told)
    expect(await errorOf(store.renew({ password: next, sentinelPassword: next }))).toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringContaining(`127.0.0.1:${left?.port} refused`),
    })
    await killConnections()
    await store.issue({ subject: 'ada' })
  })

  test('by one Sentinel of three succeeds, because the other two are a majority', async () => {
    resetAfterwards()
    const store = await openStore(group())
    const next = newPassword()
    await allow(next, group(), everybody(group()).slice(0, -1))
    await store.renew({ password: next, sentinelPassword: next })
    await killConnections()
    await store.issue({ subject: 'ada' })
  })
})

test('a Redis that is away does not stop it, and is logged in to by the new secrets when it is back', async () => {
  resetAfterwards()
  const store = await openStore(group())
  const [gone] = await group().replicas()
  if (gone === undefined) throw new Error('There is no replica.')
  const next = newPassword()
  await allow(next)
  await group().run(gone, 'ACL', 'SAVE')
  await gone.kill()
  onTestFinished(() => group().untilHealthy())
  try {
    await store.renew({ password: next, sentinelPassword: next })
  } finally {
    await gone.start()
  }
  await refuse(OLD)
  await killConnections()
  await expect.poll(() => store.status().nodes.filter(({ up }) => up), { timeout: 10_000 }).toHaveLength(3)
})

test('without a majority of the Sentinels nothing is renewed: an outage is no refusal', async () => {
  const store = await openStore(group())
  const away = group().sentinels.slice(0, 2)
  for (const server of away) await server.kill()
  onTestFinished(async () => {
    for (const server of away) await server.start()
    await group().setSentinelPeriods(500, 250)
    await group().untilHealthy()
  })
  expect(await errorOf(store.renew({ password: OLD }, { timeoutMs: 3000 }))).toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
})

test('what cannot be used is refused before anybody is asked', async () => {
  const store = makeStore()
  onTestFinished(() => store.close())
  expect(await errorOf(store.renew({ tls: { ca: 'no certificate' } }))).toMatchObject({
    code: 'INVALID_OPTION',
    message: expect.stringContaining('`tls.ca`'),
  })
})

describe('a renewal by TLS', () => {
  const DAY_MS = 24 * 3600 * 1000
  let authority: TestAuthority
  const encrypted = groupOfThisFile(async () => {
    authority = await TestAuthority.create('dc1')
    return { tls: await authority.host() }
  })
  /** A certificate that ends so long from now. */
  const endingIn = (ms: number) =>
    authority.application({ notBefore: new Date(Date.now() - DAY_MS + ms), days: 1 })

  test('replaces a certificate before it expires, and no user notices the end', async () => {
    const ending = await endingIn(4000)
    const endsAtMs = performance.now() + 4000
    const options = { tls: ending }
    const [renewed, forgotten] = [
      await openStore(encrypted(), options),
      await openStore(encrypted(), options),
    ]
    const users = new SimulatedUsers([renewed], { verifiers: 2, verifyPauseMs: 20 })
    await renewed.renew({ tls: await authority.application() })
    await pause(Math.max(0, endsAtMs - performance.now()) + 1200)
    await killConnections(encrypted())
    await pause(800)
    await users.untilDone({ verifications: 100 })
    await users.stop()
    expect(users.failures).toEqual([])
    // The end is real: who did not renew comes in no more.
    expect(forgotten.status()).toMatchObject({ writable: false })
    // And is helped by a renewal even now.
    await forgotten.renew({ tls: await authority.application() })
    await forgotten.ready({ timeoutMs: 10_000 })
  })

  test('refuses a certificate of another authority, and the old one stays in use', async () => {
    const store = await openStore(encrypted(), { tls: await authority.application() })
    const other = await TestAuthority.create('dc2')
    expect(await errorOf(store.renew({ tls: await other.application() }))).toMatchObject({
      code: 'TLS_FAILED',
      reason: 'unknown-authority',
    })
    await killConnections(encrypted())
    await store.issue({ subject: 'ada' })
  })
})

test('one renewal follows the other', async () => {
  resetAfterwards()
  const store = await openStore(group(), APP)
  const [first, second] = [newPassword(), newPassword()]
  await allow(first)
  await allow(second)
  await Promise.all([
    store.renew({ password: first, sentinelPassword: first }),
    store.renew({ password: second }),
  ])
  await refuse(OLD)
  for (const server of group().redis) await group().run(server, 'ACL', 'SETUSER', 'app', `<${first}`)
  await killConnections()
  const all = () => [...store.status().nodes, ...store.status().sentinels]
  await expect.poll(() => all().filter(({ up }) => up), { timeout: 10_000 }).toHaveLength(6)
})
