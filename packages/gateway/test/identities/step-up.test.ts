import { beforeEach, expect, test } from 'vitest'
import { asBearer, bodyOf, codeOf, memoryStore, type Running, startGateway } from '../support.ts'
import { Browser } from './browser.ts'
import { makeProvider, PUBLIC_URL, type TestProvider } from './provider.ts'

let provider: TestProvider
let browser: Browser

beforeEach(async () => {
  provider = await makeProvider()
  provider.people.set('ada', { name: 'Ada Lovelace' })
  browser = new Browser()
})

async function startTwo(): Promise<[Running, Running]> {
  const store = memoryStore()
  const start = (name: string) =>
    startGateway({ store, config: { name, identities: { oidc: provider.config } } })
  const two: [Running, Running] = [await start('gateway-1'), await start('gateway-2')]
  browser.route(PUBLIC_URL, two[0].url)
  return two
}

const isCallback = (url: URL) => url.pathname === '/oidc/callback'
const isProvider = (url: URL) => url.origin === provider.issuer
const isBack = (url: URL) => url.origin === PUBLIC_URL && !isCallback(url)
const token = () => browser.cookie(PUBLIC_URL, 'holdfast') ?? ''
const here = (path: string) => PUBLIC_URL + path
const challenge = (maxAge: number) =>
  expect.stringMatching(new RegExp(`error="insufficient_user_authentication".* max_age="${maxAge}"$`))

/** Ada is logged in at gateway 1; she authenticated at the provider an hour ago. */
async function logInAnHourAgo() {
  provider.agoSeconds = 3600
  await browser.open(here('/oidc/login'), {}, isBack)
  provider.agoSeconds = 0
  browser.history.length = 0
}

// INV-GATEWAY-13.
test('a session without the provider’s auth_time satisfies no max_age, even if the session is new', async () => {
  const [gateway] = await startTwo()
  await provider.start()
  await logInAnHourAgo()
  for (const path of ['/session', '/verify']) {
    const response = await gateway.get(`${path}?max_age=300`, asBearer(token()))
    expect([response.status, await codeOf(response)]).toEqual([401, 'INSUFFICIENT_AUTHENTICATION'])
    expect(response.headers.get('www-authenticate')).toEqual(challenge(300))
  }
  const session = await bodyOf(await gateway.get('/session', asBearer(token())))
  expect(session['subject']).toBe('oidc:ada')
  expect(session).not.toHaveProperty('authenticatedAt')
})

test('the provider asks the user again, for a login that begins at one gateway and finishes at another', async () => {
  const startMs = Date.now()
  const [one, two] = await startTwo()
  await provider.start()
  await logInAnHourAgo()
  const before = token()
  const { response } = await browser.open(here('/login?return_to=/pay&max_age=300'))
  const page = await response.text()
  expect(page).toContain('This needs a recent login.')
  // Not with a password: the user has none here.
  expect(page).not.toContain('name="password"')
  const link = /href="(\/oidc\/login[^"]*)"/.exec(page)?.[1]?.replaceAll('&#38;', '&') ?? ''
  expect(link).toBe('/oidc/login?return_to=%2Fpay&max_age=300')

  const callback = await browser.open(here(link), {}, isCallback)
  const asked = browser.history.map((address) => new URL(address)).filter(isProvider)
  expect(asked[0]?.searchParams.get('max_age')).toBe('300')
  expect(asked[0]?.searchParams.get('prompt')).toBeNull()
  expect(asked.some(({ pathname }) => pathname.startsWith('/interaction/'))).toBe(true)

  browser.route(PUBLIC_URL, two.url)
  expect((await browser.open(callback.url.href, {}, isBack)).url.pathname).toBe('/pay')
  expect(token()).not.toBe(before)
  for (const gateway of [one, two]) {
    expect((await gateway.get('/verify?max_age=300', asBearer(token()))).status).toBe(200)
    expect((await gateway.get('/session', asBearer(before))).status).toBe(401)
  }
  const { authenticatedAt } = await bodyOf(await one.get('/session', asBearer(token())))
  // The provider counts whole seconds.
  expect(Date.parse(String(authenticatedAt))).toBeGreaterThan(startMs - 1000)
})

test('a user with a recent login at the provider is not asked again', async () => {
  const [gateway] = await startTwo()
  await provider.start()
  await browser.open(here('/oidc/login'), {}, isBack)
  browser.history.length = 0
  await browser.open(here('/oidc/login?max_age=300'), {}, isBack)
  expect(browser.history.join(' ')).not.toContain('/interaction/')
  expect((await gateway.get('/verify?max_age=300', asBearer(token()))).status).toBe(200)
})

test('a max_age of 0 also sends prompt=login', async () => {
  await startTwo()
  await provider.start()
  await browser.open(here('/oidc/login'), {}, isBack)
  browser.history.length = 0
  const { url } = await browser.open(here('/oidc/login?max_age=0'), {}, isProvider)
  expect(Object.fromEntries(url.searchParams)).toMatchObject({ max_age: '0', prompt: 'login' })
  expect((await browser.open(url.href, {}, isBack)).url.pathname).toBe('/')
  expect(browser.history.join(' ')).toContain('/interaction/')
})

test.each([
  ['the provider does not state the time', false, 'did not state when'],
  ['that was too long ago', true, 'too long ago'],
])('a login whose max_age was removed on the way is refused: %s', async (_, tellsAuthTime, why) => {
  const [one, two] = await startTwo()
  await provider.start({ tellsAuthTime })
  await logInAnHourAgo()
  const before = token()
  const { url } = await browser.open(here('/oidc/login?max_age=300'), {}, isProvider)
  url.searchParams.delete('max_age')
  const callback = await browser.open(url.href, {}, isCallback)
  browser.route(PUBLIC_URL, two.url)
  const { response } = await browser.open(callback.url.href)
  expect(response.status).toBe(401)
  expect(response.headers.get('www-authenticate')).toEqual(challenge(300))
  expect(await response.text()).toContain('INSUFFICIENT_AUTHENTICATION')
  const told = two
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"login-refused"'))
  expect(told).toEqual([expect.stringContaining(why)])
  // The previous session stays valid, but not for this request.
  expect(token()).toBe(before)
  expect((await one.get('/session', asBearer(before))).status).toBe(200)
  expect((await one.get('/verify?max_age=300', asBearer(before))).status).toBe(401)
})

test('an invalid max_age starts no login, and the login page passes a valid one on', async () => {
  const [gateway] = await startTwo()
  await provider.start()
  for (const query of ['max_age=', 'max_age=-1', 'max_age=x', 'max_age=1&max_age=2']) {
    const response = await gateway.get(`/oidc/login?${query}`)
    expect([response.status, await codeOf(response)]).toEqual([400, 'INVALID_REQUEST'])
    expect(response.headers.getSetCookie()).toEqual([])
  }
  const page = await (await gateway.get('/login?max_age=60')).text()
  expect(page).toContain('href="/oidc/login?max_age=60"')
  expect(page).toContain('name="password"')
})
