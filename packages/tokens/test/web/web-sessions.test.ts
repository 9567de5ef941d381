import { createMemoryStore, StoreFullError, StoreUnavailableError, type TokenStore } from '@holdfast/tokens'
import { parseSetCookie } from 'cookie'
import { expect, test } from 'vitest'
import {
  CrossSiteError,
  createSessionCookie,
  createWebSessions,
  SessionUnavailableError,
  toResponse,
} from '../../src/web/index.ts'
import { errorOf, KEYRING } from '../support.ts'

const memoryStore = () => createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
const NAME = '__Host-holdfast'
const withCookie = (token: string) => ({ headers: { cookie: `${NAME}=${token}` } })
const NO_HEADERS = { headers: {} }

test('the cookie ends with the browser, or with the session if the user asked to be remembered', async () => {
  const web = createWebSessions({ store: memoryStore() })
  const { setCookie } = await web.login(NO_HEADERS, { subject: 'ann' })
  expect(parseSetCookie(setCookie).maxAge).toBe(undefined)
  const remembered = await web.login(NO_HEADERS, { subject: 'ann', absoluteMs: 86_400_500, remember: true })
  expect(parseSetCookie(remembered.setCookie).maxAge).toBe(86_400)
  const rotated = await web.rotate(withCookie(remembered.token), { remember: true })
  expect(rotated).toMatchObject({ status: 'active', setCookie: expect.stringContaining('Max-Age=86') })
})

test('a login fails if the end of the session that it replaces is not acknowledged', async () => {
  const store = memoryStore()
  const { token } = await store.issue({ subject: 'ann' })
  const away = new StoreUnavailableError('127.0.0.1:6379 did not answer.')
  store.revoke = () => Promise.reject(away)
  const causes: string[] = []
  const web = createWebSessions({ store, onUnavailable: (cause) => causes.push(cause) })
  for (const attempt of [web.login(withCookie(token), { subject: 'ann' }), web.logout(withCookie(token))]) {
    const error = await errorOf(attempt)
    expect(error).toBeInstanceOf(SessionUnavailableError)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', status: 503, statusCode: 503, expose: true })
    expect(error.cause).toBe(away)
    expect(error.message).not.toContain('127.0.0.1')
  }
  expect(causes).toEqual([away.message, away.message])
})

test('every error of a write that was not acknowledged is a 503, and a mistake of the caller is not', async () => {
  const store = memoryStore()
  const web = createWebSessions({ store })
  expect(await errorOf(web.login(NO_HEADERS, { subject: '' }))).toMatchObject({ code: 'INVALID_OPTION' })
  const issue: TokenStore['issue'] = store.issue.bind(store)
  store.issue = () => Promise.reject(new StoreFullError('full'))
  expect(await errorOf(web.login(NO_HEADERS, { subject: 'ann' }))).toMatchObject({ status: 503 })
  store.issue = issue
  const { token } = await store.issue({ subject: 'ann' })
  await store.close()
  expect(await errorOf(web.login(NO_HEADERS, { subject: 'ann' }))).toMatchObject({ status: 503 })
  expect(await web.authenticate(withCookie(token).headers)).toMatchObject({ status: 'unavailable' })
})

test('authentication says whether the token came as a bearer token or by the cookie', async () => {
  const store = memoryStore()
  const web = createWebSessions({ store })
  const { token, ...session } = await store.issue({ subject: 'ann' })
  expect(await web.authenticate({})).toEqual({ status: 'none' })
  expect(await web.authenticate({ authorization: 'Bearer x' })).toEqual({
    status: 'inactive',
    reason: 'malformed',
  })
  for (const headers of [withCookie(token).headers, new Headers(withCookie(token).headers)]) {
    expect(await web.authenticate(headers)).toEqual({ status: 'active', session, token, from: 'cookie' })
  }
  const bearer = { authorization: `Bearer ${token}` }
  expect(await web.authenticate(bearer)).toMatchObject({ status: 'active', from: 'bearer' })
  expect(await web.rotate({ headers: bearer })).toMatchObject({ status: 'active', setCookie: null })
  expect(await web.rotate({ headers: bearer })).toMatchObject({ status: 'inactive', reason: 'revoked' })
})

test('refusals are responses that no cache keeps', async () => {
  const web = createWebSessions({ store: memoryStore() })
  const unavailable = web.unavailable()
  expect([unavailable.status, unavailable.headers.get('retry-after')]).toEqual([503, '1'])
  expect(unavailable.headers.get('cache-control')).toBe('no-store')
  const error = await errorOf(web.login({ headers: { origin: 'https://evil.example' } }, { subject: 'ann' }))
  if (!(error instanceof CrossSiteError)) throw error
  const crossSite = toResponse(error)
  expect([crossSite.status, await crossSite.json()]).toMatchObject([403, { error: { code: 'CROSS_SITE' } }])
})

test('the name of the cookie says what browsers require of it', () => {
  expect(createSessionCookie().set('t')).toBe('__Host-holdfast=t; Path=/; HttpOnly; Secure; SameSite=Lax')
  expect(createSessionCookie({ domain: 'example.org' }).set('t')).toContain(
    '__Secure-holdfast=t; Domain=example.org',
  )
  expect(createSessionCookie({ secure: false }).set('t')).toBe('holdfast=t; Path=/; HttpOnly; SameSite=Lax')
})

test.each([
  [{ cookieName: 'a=b' }, "must be a cookie's name"],
  [{ cookieName: '' }, "must be a cookie's name"],
  [{ cookieName: '__Host-x', secure: false }, 'only with `secure: true`'],
  [{ cookieName: '__Host-x', domain: 'example.org' }, 'only without `domain`'],
])('the cookie %j is refused', (options, message) => {
  expect(() => createSessionCookie(options)).toThrow(message)
})
