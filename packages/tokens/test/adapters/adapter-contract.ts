import type { TokenStore } from '@holdfast/tokens'
import { describe, expect, test } from 'vitest'
import type { StartApplication } from './applications.ts'
import { Browser, setCookies } from './browser.ts'

/** A store, and the same sessions as another process sees them. */
export interface Stores {
  store: TokenStore
  elsewhere: TokenStore
}

const CROSS_SITE = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site', origin: 'https://sibling.example' },
  { origin: 'https://evil.example' },
  { origin: 'null' },
]
const COOKIE = { name: '__Host-holdfast', path: '/', httpOnly: true, secure: true, sameSite: 'lax' }
const ANN = { subject: 'ann', claims: { role: 'editor' } }

/** What every adapter does while the store works. */
export function adapterContract(name: string, start: StartApplication, open: () => Promise<Stores>): void {
  async function openApplication() {
    const { store, elsewhere } = await open()
    const ask = await start(store)
    const statusOf = async (token: string | null) => (await elsewhere.verify(token ?? '')).status
    /** Within the lease another process may still answer *active*. */
    const expectEnded = (token: string | null) =>
      expect.poll(() => statusOf(token), { timeout: 5000, interval: 10 }).toBe('inactive')
    const ids = async () => (await elsewhere.list('ann')).map(({ id }) => id)
    return { elsewhere, ask, statusOf, expectEnded, ids, browser: new Browser(ask) }
  }

  describe(`the adapter for ${name}`, () => {
    test('answers 401 where a session is required and the request has none, and sets no cookie', async () => {
      const { browser } = await openApplication()
      const refused = await browser.get('/private')
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toBe('Bearer')
      expect(refused.headers.get('cache-control')).toBe('no-store')
      expect(await refused.json()).toMatchObject({ error: { code: 'NO_TOKEN' } })
      const open = await browser.get()
      expect([open.status, await open.json()]).toEqual([200, null])
      expect([...setCookies(refused), ...setCookies(open)]).toEqual([])
    })

    test('sets the cookie at a login, and never shows the token', async () => {
      const { browser, statusOf } = await openApplication()
      const response = await browser.post('/login')
      expect(response.status).toBe(200)
      const text = await response.text()
      expect(JSON.parse(text)).toMatchObject(ANN)
      expect(setCookies(response)).toEqual([{ ...COOKIE, value: browser.token }])
      expect(await statusOf(browser.token)).toBe('active')
      const session = await (await browser.get()).text()
      expect(JSON.parse(session)).toMatchObject(ANN)
      expect(text + session).not.toContain(browser.token)
      expect((await browser.get('/private')).status).toBe(200)
    })

    test('ends the session that a login replaces, so that a planted cookie is worth nothing', async () => {
      const { ask, elsewhere, statusOf, expectEnded } = await openApplication()
      const planted = await elsewhere.issue({ subject: 'mallory' })
      const browser = new Browser(ask, planted.token)
      await browser.post('/login')
      expect(browser.token).not.toBe(planted.token)
      await expectEnded(planted.token)
      expect(await statusOf(browser.token)).toBe('active')
    })

    test('ends the session and removes the cookie at a logout, once', async () => {
      const { browser, expectEnded } = await openApplication()
      await browser.post('/login')
      const { token } = browser
      const response = await browser.post('/logout')
      expect([response.status, await response.json()]).toEqual([200, { ended: true }])
      const [removed, ...others] = setCookies(response)
      expect([removed, others]).toEqual([{ ...COOKIE, value: '', expires: new Date(0) }, []])
      expect(browser.token).toBe(null)
      await expectEnded(token)
      const again = await browser.post('/logout')
      expect([again.status, await again.json(), setCookies(again)]).toEqual([200, { ended: false }, []])
    })

    test('gives a session a new token at a rotation, and ends the old one', async () => {
      const { browser, statusOf, expectEnded } = await openApplication()
      expect(await (await browser.post('/rotate')).json()).toBe(null)
      await browser.post('/login')
      const { token } = browser
      expect(await (await browser.post('/rotate')).json()).toMatchObject(ANN)
      expect(browser.token).not.toBe(token)
      await expectEnded(token)
      expect(await statusOf(browser.token)).toBe('active')
    })

    test('refuses a login, logout and rotation from a page of another site', async () => {
      const { browser, ids, statusOf } = await openApplication()
      await browser.post('/login')
      const [{ token }, before] = [browser, await ids()]
      for (const path of ['/login', '/logout', '/rotate']) {
        for (const headers of CROSS_SITE) {
          const response = await browser.post(path, headers)
          expect([response.status, setCookies(response)]).toEqual([403, []])
        }
      }
      expect([browser.token, await ids(), await statusOf(token)]).toEqual([token, before, 'active'])
    })

    test('takes a bearer token, whatever page sends it, and leaves the cookie alone', async () => {
      const { ask, elsewhere, expectEnded } = await openApplication()
      const { token } = await elsewhere.issue(ANN)
      const headers = { authorization: `Bearer ${token}`, 'sec-fetch-site': 'cross-site' }
      expect(await (await ask('GET', '/', headers)).json()).toMatchObject(ANN)
      const response = await ask('POST', '/logout', headers)
      expect([await response.json(), setCookies(response)]).toEqual([{ ended: true }, []])
      await expectEnded(token)
    })

    test('answers 401 after the session was ended elsewhere, and keeps the cookie', async () => {
      const { browser, elsewhere } = await openApplication()
      await browser.post('/login')
      await elsewhere.revokeSubject('ann')
      await expect
        .poll(async () => (await browser.get('/private')).status, { timeout: 5000, interval: 10 })
        .toBe(401)
      const refused = await browser.get('/private')
      expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
      expect(setCookies(refused)).toEqual([])
      expect(await (await browser.get()).json()).toBe(null)
    })
  })
}

/** What every adapter answers while the store cannot: nobody is logged out, and no host is named. */
export async function expectUnavailable(browser: Browser): Promise<void> {
  await expect.poll(async () => (await browser.get()).status, { timeout: 10_000, interval: 50 }).toBe(503)
  await expectRefused(browser, await browser.get('/private'))
  await expectUnacknowledged(browser)
  const newcomer = new Browser(browser.ask)
  await expectRefused(newcomer, await newcomer.post('/login'))
  expect(newcomer.token).toBe(null)
}

/** What every adapter answers while the store acknowledges no write: an error, and the cookie stays. */
export async function expectUnacknowledged(browser: Browser): Promise<void> {
  const { token } = browser
  expect(token).not.toBe(null)
  for (const path of ['/logout', '/login', '/rotate']) await expectRefused(browser, await browser.post(path))
  expect(browser.token).toBe(token)
}

async function expectRefused({ token }: Browser, response: Response): Promise<void> {
  expect([response.status, response.headers.get('retry-after'), setCookies(response)]).toEqual([503, '1', []])
  const text = await response.text()
  expect(text).not.toMatch(/\d+\.\d+\.\d+\.\d+/)
  if (token !== null) expect(text).not.toContain(token)
}
