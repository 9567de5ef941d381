import { within } from '@holdfast/testing/within'
import { generateKeyPair, SignJWT } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { asBearer, bodyOf, codeOf, memoryStore, type Running, startGateway } from '../support.ts'
import { Browser } from './browser.ts'
import { CLIENT_ID, makeProvider, PUBLIC_URL, type TestProvider } from './provider.ts'

let provider: TestProvider
let browser: Browser

beforeEach(async () => {
  provider = await makeProvider()
  provider.people.set('ada', { name: 'Ada Lovelace', email: 'ada@example.org', groups: ['staff', 'engines'] })
  browser = new Browser()
})

async function startWithProvider(config: Record<string, unknown> = {}): Promise<Running> {
  const store = memoryStore()
  const gateway = await startGateway({
    store,
    config: { identities: { oidc: { ...provider.config, ...config } } },
  })
  browser.route(PUBLIC_URL, gateway.url)
  return gateway
}

const isCallback = (url: URL) => url.pathname === '/oidc/callback'
const tokenOf = (client = browser) => client.cookie(PUBLIC_URL, 'holdfast') ?? ''

async function logInByProvider(client = browser, returnTo = '/reports?year=2026') {
  const address = `${PUBLIC_URL}/oidc/login?${new URLSearchParams({ return_to: returnTo })}`
  return await client.open(address, {}, (next) => next.origin === PUBLIC_URL && !isCallback(next))
}

/** The cookie of the only unfinished login. */
function flowCookie(): [name: string, value: string] {
  const [name = '', another] = browser.cookieNames(PUBLIC_URL, 'holdfast-oidc-')
  expect(another).toBeUndefined()
  return [name, browser.cookie(PUBLIC_URL, name) ?? '']
}

/** The address to which the provider redirects the browser, without opening it. */
const callbackOf = async () => (await browser.open(`${PUBLIC_URL}/oidc/login`, {}, isCallback)).url.href

describe('a login at the provider', () => {
  test('a login at the provider starts a session with the claims and redirects to the return address', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    const { url } = await logInByProvider()
    expect(url.href).toBe(`${PUBLIC_URL}/reports?year=2026`)
    expect(await bodyOf(await gateway.get('/session', asBearer(tokenOf())))).toMatchObject({
      subject: 'oidc:ada',
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      groups: ['staff', 'engines'],
    })
    expect(browser.cookieNames(PUBLIC_URL, 'holdfast-oidc')).toEqual([])
    const asked = new URL(browser.history[1] ?? '')
    expect(Object.fromEntries(asked.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
    })
    expect(gateway.log()).not.toContain(tokenOf())
    expect(gateway.log()).not.toContain('a-secret-of-the-client-only')
  })

  test('a login at the provider ends the previous session of the browser', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    const before = await gateway.logIn()
    browser.setCookie(PUBLIC_URL, 'holdfast', before)
    await logInByProvider()
    expect(tokenOf()).not.toBe(before)
    expect((await gateway.get('/session', asBearer(before))).status).toBe(401)
  })

  test('a login at the provider redirects to the start page instead of a foreign address', async () => {
    await startWithProvider()
    await provider.start()
    expect((await logInByProvider(browser, 'https://evil.example/')).url.href).toBe(`${PUBLIC_URL}/`)
  })

  test('a login over HTTPS is bound to the browser by a __Host- cookie that expires', async () => {
    const gateway = await startGateway({
      config: { identities: { oidc: provider.config }, secureCookies: true },
    })
    await provider.start()
    const response = await gateway.get('/oidc/login')
    expect(response.status).toBe(303)
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-holdfast-oidc-[\w-]{12}=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ])
  })

  test('an image of another site begins no login, and a link does', async () => {
    const gateway = await startGateway({ config: { identities: { oidc: provider.config } } })
    await provider.start()
    const beginBy = (dest: string, site: string) =>
      gateway.get('/oidc/login', { 'sec-fetch-dest': dest, 'sec-fetch-site': site })
    for (const dest of ['image', 'iframe', 'empty']) {
      const refused = await beginBy(dest, 'cross-site')
      expect([refused.status, refused.headers.getSetCookie()]).toEqual([403, []])
    }
    expect((await beginBy('document', 'cross-site')).status).toBe(303)
    expect((await beginBy('empty', 'same-origin')).status).toBe(303)
  })

  test('the configured claim becomes the subject', async () => {
    const gateway = await startWithProvider({ subjectClaim: 'email', subjectPrefix: '' })
    await provider.start()
    await logInByProvider()
    const session = await bodyOf(await gateway.get('/session', asBearer(tokenOf())))
    expect(session['subject']).toBe('ada@example.org')
  })

  test('a login is refused when the claims are missing or not usable', async () => {
    const gateway = await startWithProvider({ subjectClaim: 'email', subjectPrefix: '' })
    await provider.start()
    for (const person of [
      {},
      { email: 'holdfast:oidc-sid:x' },
      { email: 'x'.repeat(201) },
      { email: 'a\nb' },
    ]) {
      provider.people.set('ada', person)
      const { response } = await browser.open(`${PUBLIC_URL}/oidc/login`)
      expect([response.status, tokenOf()]).toEqual([403, ''])
    }
    provider.people.set('ada', {
      email: 'ada@example.org',
      groups: Array.from({ length: 201 }, (_, index) => `group-${index}`),
    })
    const { response } = await browser.open(`${PUBLIC_URL}/oidc/login`)
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('TOO_MANY_GROUPS'),
    ])
    expect(gateway.log()).toContain('The user has 201 groups, and a session carries at most 200')
  })
})

describe('the answer of the provider', () => {
  const again = async (href: string) => (await browser.open(href)).response

  test('the provider’s answer is valid once: a second use is refused, and the session stays valid', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    const href = await callbackOf()
    const [name, cookie] = flowCookie()
    expect((await again(href)).status).toBe(200)
    const token = tokenOf()
    // Reloaded by the user who is logged in.
    expect((await browser.open(href)).url.href).toBe(`${PUBLIC_URL}/`)
    expect(tokenOf()).toBe(token)
    browser.setCookie(PUBLIC_URL, 'holdfast', '')
    browser.setCookie(PUBLIC_URL, name, cookie)
    const response = await again(href)
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('LOGIN_EXPIRED')])
    expect((await gateway.get('/session', asBearer(token))).status).toBe(200)
  })

  test('logins in several tabs finish in any order, and a sixth tab makes the first one begin again', async () => {
    await startWithProvider()
    await provider.start()
    const tabs: string[] = []
    for (let tab = 0; tab < 6; tab++) tabs.push(await callbackOf())
    expect(browser.cookieNames(PUBLIC_URL, 'holdfast-oidc-')).toHaveLength(5)
    const [oldest = '', ...others] = tabs
    expect((await again(oldest)).status).toBe(400)
    for (const href of others.toReversed()) {
      const { response } = await browser.open(href, {}, (next) => !isCallback(next))
      expect(response.status).toBe(303)
    }
    expect(browser.cookieNames(PUBLIC_URL, 'holdfast-oidc-')).toEqual([])
  })

  test('an ID token that was issued an hour ahead is refused', async () => {
    const gateway = await startWithProvider()
    await provider.start({ issuedAheadSeconds: 3600 })
    const { response } = await browser.open(`${PUBLIC_URL}/oidc/login`)
    expect([response.status, tokenOf()]).toEqual([403, ''])
    expect(gateway.log()).toContain('issued in the future')
  })

  // INV-GATEWAY-11.
  test('one of ten simultaneous copies of the provider’s answer is accepted', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    const { pathname, search } = new URL(await callbackOf())
    const cookie = flowCookie().join('=')
    const all = await Promise.all(
      Array.from({ length: 10 }, () => gateway.get(pathname + search, { cookie })),
    )
    expect(all.map(({ status }) => status).sort()).toEqual([303, ...Array(9).fill(400)])
  })

  test('the provider’s answer is refused in another browser, so that no link can log a user in', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    const href = await callbackOf()
    const victim = new Browser()
    victim.route(PUBLIC_URL, gateway.url)
    const { response } = await victim.open(href)
    expect(response.status).toBe(400)
    expect(tokenOf(victim)).toBe('')
    // The login of the browser in which it began can still finish.
    expect((await again(href)).status).toBe(200)
  })

  test('an answer with another state is refused, and the login can still finish', async () => {
    await startWithProvider()
    await provider.start()
    const href = await callbackOf()
    const forged = new URL(href)
    forged.searchParams.set('state', 'x'.repeat(43))
    expect((await again(forged.href)).status).toBe(400)
    expect((await again(href)).status).toBe(200)
  })

  test('an answer with another code, or with an error of the provider, is refused', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    const wrongCode = new URL(await callbackOf())
    wrongCode.searchParams.set('code', 'not-the-code')
    expect((await again(wrongCode.href)).status).toBe(403)
    const denied = new URL(await callbackOf())
    denied.searchParams.delete('code')
    denied.searchParams.set('error', 'access_denied')
    const response = await again(denied.href)
    expect([response.status, await response.text()]).toEqual([403, expect.stringContaining('LOGIN_REFUSED')])
    expect(gateway.log()).toContain('invalid_grant')
    expect(gateway.log()).toContain('access_denied')
    expect(tokenOf()).toBe('')
  })

  test('an answer with a forged cookie is refused', async () => {
    await startWithProvider()
    await provider.start()
    const href = await callbackOf()
    const [name, cookie] = flowCookie()
    for (const made of ['', 'x', 'A'.repeat(200), cookie.slice(0, -1), `${cookie.slice(0, -4)}AAAA`]) {
      browser.setCookie(PUBLIC_URL, name, made)
      expect((await again(href)).status).toBe(400)
    }
  })

  // INV-GATEWAY-12.
  test('the cookie of an unfinished login is not a valid session token', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    await callbackOf()
    const [, cookie] = flowCookie()
    expect(cookie).not.toContain('hf_')
    expect(Buffer.from(cookie, 'base64url').toString('latin1')).not.toContain('hf_')
    expect(await gateway.store.verify(cookie)).toMatchObject({ status: 'inactive', reason: 'malformed' })
  })
})

describe('while the provider is unavailable', () => {
  test('a gateway starts and accepts passwords while the provider is unavailable, and the button shows an error page', async () => {
    const gateway = await startWithProvider()
    expect((await gateway.get('/readyz')).status).toBe(200)
    const response = await within(gateway.get('/oidc/login', { accept: 'text/html' }), 20_000)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await response.text()).toContain('IDENTITIES_UNAVAILABLE')
    expect(await gateway.logIn()).toMatch(/^hf_/)
    expect(gateway.log()).toContain('"event":"provider-away"')
    await provider.start()
    await new Promise((resolve) => setTimeout(resolve, 1000))
    expect((await logInByProvider()).url.pathname).toBe('/reports')
  })

  test('a login that began before the provider failed gets an error and no session', async () => {
    await startWithProvider()
    await provider.start()
    const href = await callbackOf()
    await provider.stop()
    const { response } = await browser.open(href)
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('http-equiv="refresh"')
    expect(tokenOf()).toBe('')
  })
})

describe('a logout with a provider', () => {
  test('a logout offers the logout at the provider, which returns to the start page', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    await logInByProvider()
    const token = tokenOf()
    const json = await gateway.post('/logout', undefined, { cookie: `holdfast=${token}` })
    const { logoutUrl } = await bodyOf(json)
    const url = new URL(String(logoutUrl))
    expect(url.origin).toBe(provider.issuer)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: CLIENT_ID,
      logout_hint: 'ada',
      post_logout_redirect_uri: `${PUBLIC_URL}/`,
    })
    expect((await gateway.get('/session', asBearer(token))).status).toBe(401)
    expect((await logOutThere(url.href)).url.href).toBe(`${PUBLIC_URL}/`)

    await logInByProvider()
    const { response } = await browser.post(`${PUBLIC_URL}/logout`, {})
    const page = await response.text()
    expect(page).toContain('You are logged out')
    expect(page).toContain('Log out of Example ID, too')
    expect(tokenOf()).toBe('')
  })

  test('a logout after a password login offers no logout at the provider', async () => {
    const gateway = await startWithProvider()
    await provider.start()
    const token = await gateway.logIn()
    const response = await gateway.post('/logout', undefined, asBearer(token))
    expect(await bodyOf(response)).toEqual({ revoked: true, server: 'gateway-1' })
  })

  test('a logout sends the ID token if it is configured', async () => {
    const gateway = await startWithProvider({ keepIdToken: true })
    await provider.start()
    await logInByProvider()
    const token = tokenOf()
    expect(JSON.stringify(await bodyOf(await gateway.get('/session', asBearer(token))))).not.toContain('eyJ')
    const { logoutUrl } = await bodyOf(await gateway.post('/logout', undefined, asBearer(token)))
    expect(new URL(String(logoutUrl)).searchParams.get('id_token_hint')).toMatch(/^eyJ/)
  })

  test('a logout at the provider ends the session here, and no other session of the same user', async () => {
    const gateway = await startWithProvider()
    await provider.start({ backchannel: gateway.url })
    await logInByProvider()
    const elsewhere = new Browser()
    elsewhere.route(PUBLIC_URL, gateway.url)
    await logInByProvider(elsewhere)
    const [ended, kept] = [tokenOf(), tokenOf(elsewhere)]
    await logOutThere(`${provider.issuer}/session/end?client_id=${CLIENT_ID}`)
    expect(provider.errors).toEqual([])
    expect((await gateway.get('/session', asBearer(ended))).status).toBe(401)
    expect((await gateway.get('/session', asBearer(kept))).status).toBe(200)
    expect(gateway.log()).toContain('"via":"provider"')
  })

  /** Confirms the logout on the provider's own page. */
  async function logOutThere(address: string) {
    const { response } = await browser.open(address)
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await response.text())?.[1] ?? ''
    return await browser.post(`${provider.issuer}/session/end/confirm`, { xsrf, logout: 'yes' })
  }
})

describe('a logout token', () => {
  const send = (gateway: Running, token: string) =>
    gateway.postForm('/oidc/backchannel-logout', { logout_token: token })

  async function loggedIn() {
    const gateway = await startWithProvider()
    await provider.start()
    await logInByProvider()
    return {
      gateway,
      isActive: async () => (await gateway.get('/session', asBearer(tokenOf()))).status === 200,
    }
  }

  // INV-GATEWAY-15.
  test('a logout token for a user ends all sessions that began at the provider', async () => {
    const { gateway, isActive } = await loggedIn()
    const byPassword = await gateway.logIn()
    const response = await send(gateway, await provider.logoutToken({ sub: 'ada' }))
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await isActive()).toBe(false)
    expect((await gateway.get('/session', asBearer(byPassword))).status).toBe(200)
  })

  test('a logout token for another or an unknown user is accepted and ends no session', async () => {
    const { gateway, isActive } = await loggedIn()
    expect((await send(gateway, await provider.logoutToken({ sub: 'grace' }))).status).toBe(200)
    expect((await send(gateway, await provider.logoutToken({ sid: 'unknown' }))).status).toBe(200)
    expect(await isActive()).toBe(true)
  })

  test('a logout token is accepted once', async () => {
    const { gateway, isActive } = await loggedIn()
    const token = await provider.logoutToken({ sub: 'ada' })
    expect((await send(gateway, token)).status).toBe(200)
    await logInByProvider()
    const again = await send(gateway, token)
    expect([again.status, await bodyOf(again)]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'The logout token was used before.' },
    ])
    expect(await isActive()).toBe(true)
  })

  const now = () => Math.floor(Date.now() / 1000)
  const INVALID: [string, () => Record<string, unknown>, Record<string, unknown>?][] = [
    ['another issuer', () => ({ iss: 'https://evil.example' })],
    ['another audience', () => ({ aud: 'another-client' })],
    ['no issue time', () => ({ iat: null })],
    ['an old issue time', () => ({ iat: now() - 400, exp: now() + 120 })],
    ['no expiry', () => ({ exp: null })],
    ['an expiry in the past', () => ({ exp: now() - 60 })],
    ['no id', () => ({ jti: null })],
    ['no events', () => ({ events: null })],
    ['another event', () => ({ events: { 'http://schemas.openid.net/event/other': {} } })],
    [
      'an event that is not an object',
      () => ({ events: { 'http://schemas.openid.net/event/backchannel-logout': 1 } }),
    ],
    ['a nonce, like an ID token', () => ({ nonce: 'n' })],
    ['neither user nor session', () => ({ sub: null })],
    ['another type', () => ({}), { typ: 'at+jwt' }],
    ['an unknown key', () => ({}), { kid: 'another-key' }],
  ]

  test('a logout token that breaks a rule of Back-Channel Logout 1.0, section 2.6, is refused', async () => {
    const { gateway, isActive } = await loggedIn()
    for (const [what, changes, header] of INVALID) {
      const token = await provider.logoutToken({ sub: 'ada', ...changes() }, header)
      const response = await send(gateway, token)
      expect([what, response.status, (await bodyOf(response))['error']]).toEqual([
        what,
        400,
        'invalid_request',
      ])
    }
    expect(await isActive()).toBe(true)
    // The unchanged token is valid.
    expect((await send(gateway, await provider.logoutToken({ sub: 'ada' }))).status).toBe(200)
    expect(await isActive()).toBe(false)
  })

  test('a logout token without the provider’s signature is refused', async () => {
    const { gateway, isActive } = await loggedIn()
    const token = await provider.logoutToken({ sub: 'ada' })
    const [header = '', payload = ''] = token.split('.')
    const { privateKey } = await generateKeyPair('RS256')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const forged = [
      `${header}.${payload}.${'A'.repeat(342)}`,
      `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url')}.${payload}.`,
      await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'test-key' }).sign(privateKey),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256' })
        .sign(Buffer.from('a-secret-of-the-client-only-a-secret-of')),
      'not-a-token',
      '',
    ]
    for (const each of forged) expect((await send(gateway, each)).status).toBe(400)
    expect((await gateway.post('/oidc/backchannel-logout', {})).status).toBe(400)
    expect(await isActive()).toBe(true)
  })

  test('a logout token gets 503 while the provider is unavailable and its keys are unknown', async () => {
    const gateway = await startWithProvider()
    const response = await send(gateway, await provider.logoutToken({ sub: 'ada' }))
    expect([response.status, await codeOf(response)]).toEqual([503, 'IDENTITIES_UNAVAILABLE'])
  })
})

describe('the login page', () => {
  test('the login page shows the button and the form, with the return address', async () => {
    const gateway = await startWithProvider()
    const page = await (await gateway.get('/login?return_to=/reports')).text()
    expect(page).toContain('href="/oidc/login?return_to=%2Freports"')
    expect(page).toContain('Log in with Example ID')
    expect(page).toContain('name="password"')
  })

  test('the login page shows only the button without a users file, and password logins are refused', async () => {
    const gateway = await startGateway({
      config: { usersFile: undefined, identities: { oidc: provider.config } },
    })
    const page = await (await gateway.get('/')).text()
    expect(page).toContain('Log in with Example ID')
    expect(page).not.toContain('name="password"')
    const response = await gateway.post('/login', { username: 'ada', password: 'whatever-it-is' })
    expect([response.status, await codeOf(response)]).toEqual([403, 'NO_PASSWORD_LOGIN'])
  })
})
