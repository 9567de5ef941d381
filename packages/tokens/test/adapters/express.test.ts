import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { createMemoryStore, type TokenStore } from '@holdfast/tokens'
import express from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { type RequestWithSession, type SessionsOptions, sessions } from '../../src/adapters/express.ts'
import { KEYRING, makeStore, openStore, printed } from '../support.ts'

const group = groupOfThisFile()
const COOKIE = '__Host-holdfast'

/** An Express application that answers its request's session; it ends with the test. */
async function startApplication(options: SessionsOptions) {
  const errors: unknown[] = []
  const application = express()
  application.use(sessions(options))
  application.get('/', (request, response) => {
    response.json((request as unknown as RequestWithSession).session)
  })
  const tell: express.ErrorRequestHandler = (error, _request, response, _next) => {
    errors.push(error)
    response.status(500).end()
  }
  application.use(tell)
  const server = application.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return { errors, get: (headers: Record<string, string> = {}) => fetch(url, { headers }) }
}

const memoryStore = (options = {}) => createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, ...options })
const asCookie = (token: string, name = COOKIE) => ({ cookie: `other=1; ${name}=${token}; last=2` })
const asBearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** A well-formed token with a typing error. */
function mistype(token: string): string {
  return token.slice(0, -1) + (token.endsWith('0') ? '1' : '0')
}

/** A store that is told what to answer. */
function storeThat(verify: TokenStore['verify']): TokenStore {
  const store = memoryStore()
  store.verify = verify
  return store
}

test('a request with a live token carries the session, and nothing else of it', async () => {
  const store = memoryStore()
  const { token, ...session } = await store.issue({ subject: 'ada', claims: { role: 'admin' }, device: 'x' })
  const { get } = await startApplication({ store })
  for (const headers of [asCookie(token), asBearer(token)]) {
    const response = await get(headers)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual(session)
  }
})

test('a request with no, a mistyped, an unknown or a revoked token carries no session', async () => {
  const store = memoryStore()
  const { token } = await store.issue({ subject: 'ada' })
  const { token: unknown } = await memoryStore().issue({ subject: 'ada' })
  await store.revoke(token)
  const { get } = await startApplication({ store })
  for (const headers of [{}, asCookie(mistype(token)), asCookie(unknown), asCookie(token), asBearer('x')]) {
    const response = await get(headers)
    expect(response.status).toBe(200)
    expect(await response.json()).toBe(null)
    expect(response.headers.get('set-cookie')).toBe(null)
  }
})

test('the cookie has the name that was asked for', async () => {
  const store = memoryStore()
  const { token } = await store.issue({ subject: 'ada' })
  const { get } = await startApplication({ store, cookieName: 'holdfast' })
  expect(await (await get(asCookie(token, 'holdfast'))).json()).toMatchObject({ subject: 'ada' })
  expect(await (await get(asCookie(token))).json()).toBe(null)
})

test('where a session is required, a request without one is answered 401 with a challenge', async () => {
  const store = memoryStore()
  const { token } = await store.issue({ subject: 'ada' })
  const { get } = await startApplication({ store, required: true })
  expect((await get(asCookie(token))).status).toBe(200)

  const none = await get()
  expect(none.status).toBe(401)
  expect(none.headers.get('www-authenticate')).toBe('Bearer')
  expect(none.headers.get('cache-control')).toBe('no-store')
  expect(await none.json()).toMatchObject({ error: { code: 'NO_TOKEN' } })

  const wrong = await get(asBearer(mistype(token)))
  expect(wrong.status).toBe(401)
  expect(wrong.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"')
  expect(await wrong.json()).toMatchObject({ error: { code: 'INVALID_TOKEN' } })
})

test('while the store cannot be asked, the answer is 503 and the cookie is left alone', async () => {
  const store = makeStore({ verifyTimeoutMs: 100 })
  onTestFinished(() => store.close())
  const { token } = await memoryStore().issue({ subject: 'ada' })
  const causes: string[] = []
  const { get, errors } = await startApplication({ store, onUnavailable: (cause) => causes.push(cause) })
  const response = await get(asCookie(token))
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toBe('1')
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('set-cookie')).toBe(null)
  const body = await response.text()
  expect(JSON.parse(body)).toMatchObject({ error: { code: 'STORE_UNAVAILABLE' } })
  expect(causes).toHaveLength(1)
  expect(body + printed(causes)).not.toContain(token)
  expect(errors).toEqual([])
  // Who has no token needs no store.
  expect((await get()).status).toBe(200)
})

test('a store that was closed logs nobody out', async () => {
  const store = await openStore(group())
  const { token } = await store.issue({ subject: 'ada' })
  const { get } = await startApplication({ store })
  await store.close()
  const response = await get(asCookie(token))
  expect(response.status).toBe(503)
  expect(response.headers.get('set-cookie')).toBe(null)
})

test('any other error of the store goes to the error handler', async () => {
  const broken = new Error('broken')
  const { get, errors } = await startApplication({ store: storeThat(() => Promise.reject(broken)) })
  expect((await get(asBearer('x'))).status).toBe(500)
  expect(errors).toEqual([broken])
})

test('sessions in use are extended in the background, and others are not', async () => {
  const store = memoryStore({ idleMs: 1000 })
  const [used, unused] = [await store.issue({ subject: 'ada' }), await store.issue({ subject: 'ada' })]
  const { get } = await startApplication({ store, idleMs: 1000 })
  for (let round = 0; round < 8; round++) {
    await sleep(200)
    expect(await (await get(asCookie(used.token))).json()).toMatchObject({ subject: 'ada' })
  }
  expect(await (await get(asCookie(unused.token))).json()).toBe(null)
})

test('an extension that fails is told and harms no request', async () => {
  const store = memoryStore({ idleMs: 100 })
  const { token } = await store.issue({ subject: 'ada' })
  const failed = new Error('away')
  store.touch = () => Promise.reject(failed)
  const told: unknown[] = []
  const { get } = await startApplication({ store, onNotExtended: (error) => told.push(error) })
  expect((await get(asCookie(token))).status).toBe(200)
  expect(told).toEqual([failed])
})

test('a session of one server is known to another one, until it is revoked there', async () => {
  const [first, second] = [await openStore(group()), await openStore(group())]
  const { token } = await first.issue({ subject: 'ada', claims: { role: 'admin' } })
  const { get } = await startApplication({ store: second, required: true })
  const response = await get(asCookie(token))
  expect(await response.json()).toMatchObject({ subject: 'ada', claims: { role: 'admin' } })
  await first.revoke(token)
  await expect.poll(async () => (await get(asCookie(token))).status, { timeout: 1000, interval: 5 }).toBe(401)
})

test('options that cannot be are refused', () => {
  const store = memoryStore()
  expect(() => sessions({ store, cookieName: 'a=b' })).toThrow('`cookieName` must be a cookie')
  expect(() => sessions({ store, cookieName: '' })).toThrow('`cookieName` must be a cookie')
  expect(() => sessions({ store, idleMs: 0 })).toThrow('`idleMs` must be a whole number')
})
