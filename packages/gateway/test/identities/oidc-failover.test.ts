import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { createRedisStore } from '@holdfast/tokens'
import { expect, onTestFinished, test } from 'vitest'
import { asBearer, bodyOf, KEYRING, type Running, startGateway } from '../support.ts'
import { Browser } from './browser.ts'
import { makeProvider, PUBLIC_URL, type TestProvider } from './provider.ts'

const group = groupOfThisFile()

/** A gateway with its own store over the same Redis. */
async function startOne(name: string, provider: TestProvider): Promise<Running> {
  const store = createRedisStore({
    dataCentre: 'dc1',
    keyring: KEYRING,
    ...group().access,
  })
  onTestFinished(() => store.close())
  await store.ready()
  return await startGateway({ store, config: { name, identities: { oidc: provider.config } } })
}

const sessionAt = ({ get }: Running, token: string) => get('/session', asBearer(token))

test('a login that begins at gateway 1 finishes at gateway 3, although the primary is killed in between', async () => {
  const provider = await makeProvider()
  provider.people.set('ada', { name: 'Ada Lovelace', groups: ['staff'] })
  const gateways = await Promise.all(
    ['gateway-1', 'gateway-2', 'gateway-3'].map((name) => startOne(name, provider)),
  )
  const [one, two, three] = gateways as [Running, Running, Running]
  await provider.start({ backchannel: two.url })
  const browser = new Browser()
  browser.route(PUBLIC_URL, one.url)
  const { url, response: sentBack } = await browser.open(
    `${PUBLIC_URL}/oidc/login?return_to=/reports`,
    {},
    (next) => next.pathname === '/oidc/callback',
  )
  expect(sentBack.headers.get('x-holdfast-server')).toBeNull()

  const primary = await group().primary()
  await primary.kill()
  onTestFinished(async () => {
    await primary.start()
    await group().untilHealthy()
  })
  browser.route(PUBLIC_URL, three.url)
  const { url: arrived, response } = await browser.open(url.href, {}, (next) => next.pathname === '/reports')
  expect([response.status, response.headers.get('x-holdfast-server')]).toEqual([303, 'gateway-3'])
  expect(arrived.href).toBe(`${PUBLIC_URL}/reports`)
  const token = browser.cookie(PUBLIC_URL, 'holdfast') ?? ''
  for (const gateway of gateways) {
    const session = await sessionAt(gateway, token)
    expect([session.status, await bodyOf(session)]).toEqual([
      200,
      expect.objectContaining({ subject: 'oidc:ada', name: 'Ada Lovelace', groups: ['staff'] }),
    ])
  }
  // The same answer of the provider at a third gateway, while nodes are still restarting.
  const again = await two.get(`${url.pathname}${url.search}`, { cookie: 'holdfast-oidc=used' })
  expect(again.status).toBe(400)

  // The provider reports a logout to gateway 2: the session that began at gateway 3 ends at all three.
  const logout = await two.postForm('/oidc/backchannel-logout', {
    logout_token: await provider.logoutToken({ sub: 'ada' }),
  })
  expect(logout.status).toBe(200)
  for (const gateway of gateways) expect((await sessionAt(gateway, token)).status).toBe(401)
}, 60_000)
