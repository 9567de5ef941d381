import { describe, expect, test } from 'vitest'
import { addUser } from '../../src/index.ts'
import { asBearer, asCookie, bodyOf, codeOf, PASSWORD, startGateway } from '../support.ts'

const login = { username: 'ada', password: PASSWORD }
const MONTH_MS = 30 * 24 * 3_600_000
const loginLimits = { pauseAfter: 1000 }

describe('staying logged in', () => {
  test('a user who stays logged in gets a longer session and cookie, with JSON and forms', async () => {
    const gateway = await startGateway({ config: { sessions: { rememberMs: MONTH_MS } } })
    const json = await gateway.post('/login', { ...login, remember: true })
    const form = await gateway.postForm('/login', { ...login, remember: 'on' })
    for (const response of [json, form]) {
      const [cookie = ''] = response.headers.getSetCookie()
      expect(cookie).toMatch(/^holdfast=hf_\w+; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
      const token = cookie.slice('holdfast='.length, cookie.indexOf(';'))
      const checked = await gateway.store.verify(token)
      if (checked.status !== 'active') throw new Error(checked.status)
      expect(checked.expiresAtMs - checked.issuedAtMs).toBe(MONTH_MS)
      expect(checked.idleUntilMs).toBe(checked.expiresAtMs)
    }
  })

  test('the longer lifetime requires both the request and the configuration', async () => {
    const gateway = await startGateway({ config: { sessions: { rememberMs: MONTH_MS } } })
    const plain = await startGateway()
    const answers = [
      await gateway.post('/login', login),
      await gateway.post('/login', { ...login, remember: false }),
      await plain.post('/login', { ...login, remember: true }),
    ]
    for (const response of answers) {
      expect(response.headers.getSetCookie()[0]).not.toContain('Max-Age')
      const { issuedAt, expiresAt } = await bodyOf(response)
      expect(Date.parse(String(expiresAt)) - Date.parse(String(issuedAt))).toBe(12 * 3_600_000)
    }
    expect(await (await gateway.get('/', { accept: 'text/html' })).text()).toContain('name="remember"')
    expect(await (await plain.get('/', { accept: 'text/html' })).text()).not.toContain('name="remember"')
  })
})

describe('a limit of sessions', () => {
  test('a login beyond the limit ends the oldest session and logs it', async () => {
    const gateway = await startGateway({ config: { loginLimits, sessions: { maxPerUser: 2 } } })
    const tokens: string[] = []
    for (let logins = 0; logins < 4; logins++) {
      tokens.push(await gateway.logIn())
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const states = await Promise.all(tokens.map((token) => gateway.store.verify(token)))
    expect(states.map(({ status }) => status)).toEqual(['inactive', 'inactive', 'active', 'active'])
    expect(gateway.log().split('"why":"session-limit"')).toHaveLength(3)
  })

  test('a login beyond the limit is rejected, but not a new login in the same browser', async () => {
    const sessions = { maxPerUser: 2, onLimit: 'reject' }
    const gateway = await startGateway({ config: { loginLimits, sessions } })
    await addUser(gateway.usersFile, 'grace', PASSWORD)
    const [first, second] = [await gateway.logIn(), await gateway.logIn()]
    const refused = await gateway.post('/login', login)
    expect([refused.status, await codeOf(refused)]).toEqual([409, 'SESSION_LIMIT'])
    expect(refused.headers.getSetCookie()).toEqual([])
    const again = await gateway.post('/login', login, asCookie(second))
    expect(again.status).toBe(200)
    expect(await gateway.store.verify(first)).toMatchObject({ status: 'active' })
    expect(await gateway.store.verify(second)).toMatchObject({ status: 'inactive' })
    expect((await gateway.post('/login', { ...login, username: 'grace' })).status).toBe(200)
  })
})

describe.each(['/session', '/verify'])('%s with max_age', (path) => {
  test('a recent login is allowed, and an older one gets a challenge (RFC 9470)', async () => {
    const gateway = await startGateway()
    const token = await gateway.logIn()
    expect((await gateway.get(`${path}?max_age=300`, asCookie(token))).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect((await gateway.get(`${path}?max_age=300`, asCookie(token))).status).toBe(200)
    expect((await gateway.get(path, asCookie(token))).status).toBe(200)
    const old = await gateway.get(`${path}?max_age=1`, asCookie(token))
    expect([old.status, await codeOf(old)]).toEqual([401, 'INSUFFICIENT_AUTHENTICATION'])
    expect(old.headers.get('www-authenticate')).toBe(
      'Bearer realm="holdfast", error="insufficient_user_authentication", ' +
        'error_description="A more recent authentication is required", max_age="1"',
    )
    expect(old.headers.getSetCookie()).toEqual([])
    const page = await gateway.get(`${path}?max_age=1`, { ...asCookie(token), accept: 'text/html' })
    expect(page.status).toBe(401)
    expect(await page.text()).toContain('This needs a recent login.')
    // A new login in the same browser is fresh, and ends the old session.
    const fresh = await gateway.logIn(asBearer(token))
    expect((await gateway.get(`${path}?max_age=1`, asCookie(fresh))).status).toBe(200)
    expect(await gateway.store.verify(token)).toMatchObject({ reason: 'revoked' })
  })

  test('the age of a login is the one that the provider states', async () => {
    const gateway = await startGateway()
    const hourAgo = Math.floor(Date.now() / 1000) - 3600
    const { token } = await gateway.store.issue({ subject: 'ada', claims: { auth_time: hourAgo } })
    expect((await gateway.get(`${path}?max_age=300`, asCookie(token))).status).toBe(401)
    expect((await gateway.get(`${path}?max_age=7200`, asCookie(token))).status).toBe(200)
    const answer = await gateway.get('/session', asCookie(token))
    expect((await bodyOf(answer))['authenticatedAt']).toBe(new Date(hourAgo * 1000).toISOString())
  })

  test.each(['', '-1', '1.5', 'x', '99999999999', '1&max_age=2'])('max_age=%s is rejected', async (value) => {
    const gateway = await startGateway()
    const response = await gateway.get(`${path}?max_age=${value}`, asCookie(await gateway.logIn()))
    expect([response.status, await codeOf(response)]).toEqual([400, 'INVALID_REQUEST'])
  })
})

describe('a browser whose login is too old', () => {
  async function loggedInAnHourAgo() {
    const gateway = await startGateway()
    const hourAgo = Math.floor(Date.now() / 1000) - 3600
    const { token } = await gateway.store.issue({ subject: 'ada', claims: { auth_time: hourAgo } })
    return { gateway, headers: { ...asCookie(token), accept: 'text/html' } }
  }

  test('a browser with an old login is sent to the login page and returns afterwards', async () => {
    const { gateway, headers } = await loggedInAnHourAgo()
    const asked = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/pay?x=1', ...headers }
    const response = await gateway.get('/verify/haproxy?max_age=300', asked)
    const location = response.headers.get('location') ?? ''
    expect([response.status, location]).toEqual([302, '/login?return_to=%2Fpay%3Fx%3D1&max_age=300'])
    const page = await gateway.get(location, headers)
    expect(page.status).toBe(200)
    expect(await page.text()).toMatch(/This needs a recent login\..*value="\/pay\?x=1".*value="ada"/s)
    const fields = { username: 'ada', password: PASSWORD, return_to: '/pay?x=1' }
    const again = await gateway.postForm('/login', fields, headers)
    expect([again.status, again.headers.get('location')]).toEqual([303, '/pay?x=1'])
    const fresh = { ...asked, cookie: again.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '' }
    expect((await gateway.get('/verify/haproxy?max_age=300', fresh)).status).toBe(200)
    // A user with a recent login is redirected.
    expect((await gateway.get(location, { ...fresh, accept: 'text/html' })).status).toBe(303)
  })

  test('the query of the client’s own request, which Envoy passes on, does not require a login', async () => {
    const { gateway, headers } = await loggedInAnHourAgo()
    expect((await gateway.get('/verify/envoy/pay?max_age=300', headers)).status).toBe(200)
    expect((await gateway.get('/verify/envoy/pay?max_age=x', headers)).status).toBe(200)
  })
})
