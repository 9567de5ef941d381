import { describe, expect, test } from 'vitest'
import { addUser } from '../../src/index.ts'
import { tryPassword } from '../limits/clients.ts'
import {
  asBearer,
  asCookie,
  awayStore,
  bodyOf,
  codeOf,
  memoryStore,
  PASSWORD,
  startGateway,
} from '../support.ts'

const ADA = { username: 'ada', password: PASSWORD }
const ADA_FOR_TOKEN = { ...ADA, response_type: 'token' }

/** The token in the session cookie of an answer. */
const cookieOf = (response: Response) =>
  /^(?:__Host-)?holdfast=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '')?.[1] ?? ''

describe('a login by JSON', () => {
  const session = (body: Record<string, unknown>) => ({
    subject: 'ada',
    id: expect.any(String),
    server: 'gateway-1',
    issuedAt: expect.stringMatching(/Z$/),
    authenticatedAt: body['issuedAt'],
    idleUntil: expect.stringMatching(/Z$/),
    expiresAt: expect.stringMatching(/Z$/),
  })

  test('a login by JSON returns the session without its token, and sets the cookie', async () => {
    const gateway = await startGateway()
    const response = await gateway.post('/login', { username: 'ada', password: PASSWORD })
    expect(response.status).toBe(200)
    const body = await bodyOf(response)
    expect(body).toEqual(session(body))
    expect(response.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^holdfast=hf_[0-9A-Za-z]{55}; Path=\/; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(
        /^holdfast-device=[\w-]+\.[\w-]+; Max-Age=34560000; Path=\/; HttpOnly; SameSite=Lax$/,
      ),
    ])
  })

  test.each(['post', 'postForm'] as const)(
    'a login that asks for a bearer token returns it with the session, and sets no cookie (%s)',
    async (send) => {
      const gateway = await startGateway()
      const response = await gateway[send]('/login', ADA_FOR_TOKEN)
      expect([response.status, response.headers.getSetCookie()]).toEqual([200, []])
      const body = await bodyOf(response)
      expect(body).toEqual({ ...session(body), token: expect.stringMatching(/^hf_[0-9A-Za-z]{55}$/) })
      expect((await gateway.get('/session', asBearer(String(body['token'])))).status).toBe(200)
    },
  )

  test('a login that asks for another kind of answer is refused', async () => {
    const gateway = await startGateway()
    const response = await gateway.post('/login', { ...ADA_FOR_TOKEN, response_type: 'code' })
    expect([response.status, await codeOf(response)]).toEqual([400, 'INVALID_REQUEST'])
  })

  test('a login by JSON gets the same refusal for an unknown user and a wrong password', async () => {
    const gateway = await startGateway()
    const wrong = await gateway.post('/login', { username: 'ada', password: 'wrong' })
    const unknown = await gateway.post('/login', { username: 'nobody', password: PASSWORD })
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(await wrong.text()).toBe(await unknown.text())
    expect(wrong.headers.getSetCookie()).toEqual([])
  })

  test('a user who was just added can log in', async () => {
    const gateway = await startGateway()
    await addUser(gateway.usersFile, 'grace', PASSWORD)
    expect((await gateway.post('/login', { username: 'grace', password: PASSWORD })).status).toBe(200)
  })
})

describe('a login by form', () => {
  test('a login by form sets the cookie and redirects to the start page', async () => {
    const gateway = await startGateway()
    const response = await gateway.postForm('/login', { username: 'ada', password: PASSWORD })
    expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
    const [cookie] = response.headers.getSetCookie()
    expect(cookie).toMatch(/^holdfast=hf_\w+; Path=\/; HttpOnly; SameSite=Lax$/)
  })

  test('a refused login by form shows the form again, with the escaped name', async () => {
    const gateway = await startGateway()
    const fields = { username: '"><script>alert(1)</script>', password: 'wrong' }
    const response = await gateway.postForm('/login', fields, { accept: 'text/html' })
    const page = await response.text()
    expect(response.status).toBe(401)
    expect(page).toContain('The user name or the password is wrong.')
    expect(page).toContain('value="&#34;&#62;&#60;script&#62;')
    expect(page).not.toContain('<script>')
    expect(page).not.toContain('wrong"')
  })
})

test('a login by form redirects to its return address, and never to a foreign one', async () => {
  const config = { returnOrigins: ['https://app.example.org'] }
  const gateway = await startGateway({ config })
  const goTo = async (returnTo: string) => {
    const fields = { username: 'ada', password: PASSWORD, return_to: returnTo }
    return (await gateway.postForm('/login', fields)).headers.get('location')
  }
  expect(await goTo('/reports?year=2026')).toBe('/reports?year=2026')
  expect(await goTo('https://app.example.org/x')).toBe('https://app.example.org/x')
  expect(await goTo('https://evil.example/')).toBe('/')
  expect(await goTo('//evil.example/')).toBe('/')
})

test('the login page keeps the return address and redirects a logged-in user', async () => {
  const gateway = await startGateway()
  const page = await gateway.get('/login?return_to=%2Freports%3Fa%3D%22b')
  expect(page.status).toBe(200)
  expect(await page.text()).toContain('name="return_to" value="/reports?a=%22b"')
  const token = await gateway.logIn()
  const again = await gateway.get('/login?return_to=/reports', asCookie(token))
  expect([again.status, again.headers.get('location')]).toEqual([303, '/reports'])
  const away = await gateway.get('/login?return_to=https://evil.example', asCookie(token))
  expect(away.headers.get('location')).toBe('/')
})

test('forms of the login page may redirect only to this gateway and to the allowed origin of their return address', async () => {
  const gateway = await startGateway({
    config: { returnOrigins: ['https://app.example.org', 'https://other.example.org'] },
  })
  const formAction = async (returnTo: string) => {
    const { headers } = await gateway.get(`/login?return_to=${encodeURIComponent(returnTo)}`)
    return /form-action ([^;]+)/.exec(headers.get('content-security-policy') ?? '')?.[1]
  }
  expect(await formAction('/x')).toBe("'self'")
  expect(await formAction('https://app.example.org/x?y')).toBe("'self' https://app.example.org")
  expect(await formAction('https://evil.example/x')).toBe("'self'")
})

test("the session shows the user's name, e-mail address and groups, and the store holds them sealed", async () => {
  const gateway = await startGateway()
  await addUser(gateway.usersFile, 'grace', PASSWORD, {
    fullName: 'Grace Hopper',
    email: 'grace@example.org',
    groups: ['navy'],
  })
  const login = await gateway.post('/login', { ...ADA_FOR_TOKEN, username: 'grace' })
  const { token } = await bodyOf(login)
  const profile = { name: 'Grace Hopper', email: 'grace@example.org', groups: ['navy'] }
  const session = await gateway.get('/session', asBearer(String(token)))
  expect(await bodyOf(session)).toMatchObject({ subject: 'grace', ...profile })
  expect(await gateway.store.verify(String(token))).toMatchObject({ claims: profile })
})

test('the cookie is a __Host- cookie over HTTPS', async () => {
  const gateway = await startGateway({ config: { secureCookies: true } })
  const response = await gateway.post('/login', { username: 'ada', password: PASSWORD })
  const token = cookieOf(response)
  expect(response.headers.getSetCookie()).toEqual([
    `__Host-holdfast=${token}; Path=/; HttpOnly; Secure; SameSite=Lax`,
    expect.stringMatching(
      /^__Host-holdfast-device=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    ),
  ])
  expect((await gateway.get('/session', { cookie: `__Host-holdfast=${token}` })).status).toBe(200)
  expect((await gateway.get('/session', asCookie(String(token)))).status).toBe(401)
})

describe('with a cookie domain', () => {
  const SHARED = {
    secureCookies: true,
    cookieDomain: 'example.org',
    returnOrigins: ['https://app1.example.org', 'https://app2.example.org'],
    trustedProxies: ['127.0.0.0/8'],
  }

  test('all hosts of the domain get the cookie, which is a __Secure- cookie, and a logout removes it', async () => {
    const gateway = await startGateway({ config: SHARED })
    const response = await gateway.post('/login', ADA)
    const [cookie = '', device] = response.headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Secure-holdfast=hf_\w+; Domain=example\.org; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    expect(device).toMatch(/^__Host-holdfast-device=/)
    const sent = { cookie: cookie.split(';', 1)[0] ?? '' }
    expect((await gateway.get('/session', sent)).status).toBe(200)
    const ended = await gateway.post('/logout', undefined, sent)
    expect(ended.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Secure-holdfast=; (?=.*Domain=example\.org)(?=.*Expires=Thu, 01 Jan 1970)/),
    ])
    const alone = { cookie: sent.cookie.replace('__Secure-', '__Host-') }
    expect(await codeOf(await gateway.get('/session', alone))).toBe('NO_TOKEN')
  })

  test.each([{ 'sec-fetch-site': 'same-site' }, { origin: 'https://app2.example.org' }])(
    'a page of a sibling host can neither log a user out nor log the user in: %j',
    async (page) => {
      const gateway = await startGateway({ config: SHARED })
      const headers = { 'x-forwarded-host': 'app1.example.org', ...page }
      const cookie = `__Secure-holdfast=${await gateway.logIn()}`
      for (const response of [
        await gateway.post('/logout', undefined, { ...headers, cookie }),
        await gateway.post('/sessions/end-all', undefined, { ...headers, cookie }),
        await gateway.post('/login', ADA, headers),
      ]) {
        expect([response.status, await codeOf(response)]).toEqual([403, 'CROSS_SITE'])
      }
      expect((await gateway.get('/session', { cookie })).status).toBe(200)
    },
  )
})

test.each([asCookie, asBearer])('a login ends the session of its request', async (credential) => {
  const gateway = await startGateway()
  const before = await gateway.logIn()
  const after = cookieOf(await gateway.post('/login', ADA, credential(before)))
  expect(after).not.toBe(before)
  expect(await gateway.store.verify(before)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  expect(await gateway.store.verify(after)).toMatchObject({ status: 'active' })
})

test("a login for a bearer token ends the session of its request's bearer token, and not that of a browser", async () => {
  const gateway = await startGateway()
  const [bearer, browser] = [await gateway.logIn(), await gateway.logIn()]
  await gateway.logIn(asBearer(bearer))
  await gateway.logIn(asCookie(browser))
  expect(await gateway.store.verify(bearer)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  expect(await gateway.store.verify(browser)).toMatchObject({ status: 'active' })
})

test('a refused login does not end the session of its request', async () => {
  const gateway = await startGateway()
  const token = await gateway.logIn()
  await gateway.post('/login', { username: 'ada', password: 'wrong' }, asCookie(token))
  expect((await gateway.get('/session', asCookie(token))).status).toBe(200)
})

test.each([
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
])('a login from a page of another site is refused: %j', async (headers: Record<string, string>) => {
  const gateway = await startGateway()
  const response = await gateway.postForm('/login', { username: 'ada', password: PASSWORD }, headers)
  expect([response.status, await codeOf(response)]).toEqual([403, 'CROSS_SITE'])
  expect(response.headers.getSetCookie()).toEqual([])
})

test('a login from our own page is accepted', async () => {
  const gateway = await startGateway()
  const fields = { username: 'ada', password: PASSWORD }
  expect((await gateway.postForm('/login', fields, { origin: gateway.url })).status).toBe(303)
  expect((await gateway.postForm('/login', fields, { 'sec-fetch-site': 'same-origin' })).status).toBe(303)
})

describe('a page of the gateway that was opened by plain HTTP', () => {
  const trustedProxies = ['127.0.0.0/8']
  const headers = { 'x-forwarded-host': 'app.example.org', origin: 'http://app.example.org' }
  const fields = { username: 'ada', password: PASSWORD }

  test('is told that a login needs https, because the browser would not keep the cookie', async () => {
    const gateway = await startGateway({ config: { trustedProxies, secureCookies: true } })
    const response = await gateway.post('/login', fields, headers)
    expect([response.status, await codeOf(response)]).toEqual([403, 'INSECURE_PAGE'])
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('cannot log a user out', async () => {
    const gateway = await startGateway({ config: { trustedProxies, secureCookies: true } })
    const cookie = `__Host-holdfast=${await gateway.logIn()}`
    const response = await gateway.post('/logout', {}, { ...headers, cookie })
    expect([response.status, await codeOf(response)]).toEqual([403, 'INSECURE_PAGE'])
    expect((await gateway.get('/session', { cookie })).status).toBe(200)
  })

  test('logs in where cookies are not secure', async () => {
    const gateway = await startGateway({ config: { trustedProxies, secureCookies: false } })
    expect((await gateway.postForm('/login', fields, headers)).status).toBe(303)
  })
})

test('a login gets 503 with Retry-After while the store is unavailable', async () => {
  const gateway = await startGateway({ store: awayStore() })
  const response = await gateway.post('/login', { username: 'ada', password: PASSWORD })
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(response.headers.getSetCookie()).toEqual([])
  expect(await codeOf(response)).toBe('STORE_UNAVAILABLE')
})

test('a login beyond the maximum of waiting logins gets 503 TOO_BUSY', async () => {
  const limits = { drainMs: 0, passwordChecks: 1, waitingLogins: 1 }
  const gateway = await startGateway({ config: { limits, loginLimits: { pauseAfter: 1000 } } })
  const login = () => gateway.post('/login', { username: 'ada', password: PASSWORD })
  const responses = await Promise.all(Array.from({ length: 8 }, login))
  const busy = responses.filter(({ status }) => status === 503)
  expect(responses.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2)
  expect(busy.length).toBeGreaterThanOrEqual(1)
  for (const response of busy) expect(await codeOf(response)).toBe('TOO_BUSY')
})

test('a login that gets TOO_BUSY leaves no attempt in the store', async () => {
  const store = memoryStore()
  let taken = 0
  const { take } = store.attempts
  store.attempts.take = (...args) => {
    taken++
    return take.apply(store.attempts, args)
  }
  const limits = { drainMs: 0, passwordChecks: 1, waitingLogins: 1 }
  const gateway = await startGateway({ store, config: { limits, loginLimits: { pauseAfter: 1000 } } })
  // Each from its own address, because logins of one address wait for each other.
  const login = (_: unknown, last: number) =>
    tryPassword(gateway.url, { username: `nobody-${last}`, password: PASSWORD }, { last: last + 1 })
  const statuses = (await Promise.all(Array.from({ length: 8 }, login))).map(({ status }) => status)
  const [busy = 0, checked = 0] = [503, 401].map((status) => statuses.filter((one) => one === status).length)
  // A checked login counts twice: within the login limits, and among the consecutive failures of its account.
  expect({ busy, taken }).toEqual({ busy: 8 - checked, taken: 2 * checked })
  expect(busy).toBeGreaterThanOrEqual(1)
})

// INV-GATEWAY-34.
test('a flood of logins from one block of addresses refuses no login of another block or of a known browser', async () => {
  const limits = { drainMs: 0, passwordChecks: 1, waitingLogins: 20 }
  const trustedProxies = ['127.0.0.0/8']
  const gateway = await startGateway({
    config: { limits, trustedProxies, loginLimits: { pauseAfter: 1000 } },
  })
  const logIn = (address: string, username: string, cookie = '') =>
    gateway.post(
      '/login',
      { username, password: username === 'ada' ? PASSWORD : 'wrong' },
      { 'x-forwarded-for': address, ...(cookie !== '' && { cookie }) },
    )
  const device = (await logIn('192.0.2.1', 'ada')).headers
    .getSetCookie()
    .find((cookie) => cookie.includes('device'))
  // Every login has a network of its own, which all belong to one customer of a provider: one /48.
  const flood = Array.from({ length: 120 }, (_, number) =>
    logIn(`2001:db8:1:${number}::1`, `nobody-${number}`),
  )
  const [stranger, known] = await Promise.all([
    logIn('198.51.100.7', 'ada'),
    logIn('2001:db8:1:7::1', 'ada', device?.split(';', 1)[0]),
  ])
  expect([stranger?.status, known?.status]).toEqual([200, 200])
  const statuses = (await Promise.all(flood)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0)
})
