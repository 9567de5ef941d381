import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createMemoryStore } from '@holdfast/tokens'
import express from 'express'
import expressSession from 'express-session'
import { expect, onTestFinished, test } from 'vitest'
import { sessions } from '../../src/adapters/express.ts'
import { KEYRING } from '../support.ts'

const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
const ours = (options = {}) => sessions({ store, ...options })
const theirs = () => expressSession({ secret: 'of-a-test', resave: false, saveUninitialized: true })

/** As cookie-session defines it. */
const defining: express.RequestHandler = (request, _response, next) => {
  Object.defineProperty(request, 'session', {
    configurable: true,
    enumerable: true,
    get: () => ({ isNew: true }),
  })
  next()
}

/** What an application with these middlewares, in this order, answers within a second to a request with that cookie. */
async function ask(middlewares: unknown[], cookie = ''): Promise<[status: number, body: string]> {
  const application = express()
  for (const middleware of middlewares) application.use(middleware as express.RequestHandler)
  application.get('/', (request, response) => {
    const { session, login } = request as unknown as Record<string, unknown>
    response.json({ session: session === null ? null : typeof session, login: login ?? null })
  })
  const fail: express.ErrorRequestHandler = (error, _request, response, _next) => {
    response.status(500).json({ code: error.code ?? error.name, message: error.message })
  }
  application.use(fail)
  const server = application.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`, {
    headers: { cookie },
    signal: AbortSignal.timeout(10_000),
  })
  return [response.status, await response.text()]
}

const loggedIn = async () => `__Host-holdfast=${(await store.issue({ subject: 'ada' })).token}`

test.each([
  ['express-session', theirs()],
  ['one that defines the property, as cookie-session does', defining],
])('behind %s every request fails at once, with a code and what to do', async (_, other) => {
  for (const cookie of ['', await loggedIn()]) {
    const [status, body] = await ask([other, ours()], cookie)
    expect([status, JSON.parse(body)]).toEqual([
      500,
      { code: 'SESSION_CONFLICT', message: expect.stringContaining("`property: 'login'`") },
    ])
  }
})

test('before express-session a request without a login fails at once, instead of having a session of the other', async () => {
  const [status, body] = await ask([ours(), theirs()])
  expect([status, JSON.parse(body)]).toMatchObject([500, { code: 'SESSION_CONFLICT' }])
})

test('before express-session a request with a login keeps its session', async () => {
  const [status] = await ask([ours(), theirs()], await loggedIn())
  expect(status).toBe(200)
})

test('before a middleware that defines the property every request fails at once', async () => {
  for (const cookie of ['', await loggedIn()]) {
    const [status, body] = await ask([ours(), defining], cookie)
    expect([status, JSON.parse(body).message]).toEqual([500, 'Cannot redefine property: session'])
  }
})

test('with a property of its own it works beside express-session, whatever the order', async () => {
  const cookie = await loggedIn()
  for (const order of [
    [theirs(), ours({ property: 'login' })],
    [ours({ property: 'login' }), theirs()],
  ]) {
    const [status, body] = await ask(order, cookie)
    expect([status, JSON.parse(body)]).toMatchObject([200, { session: 'object', login: { subject: 'ada' } }])
    expect(await ask(order)).toEqual([200, '{"session":"object","login":null}'])
  }
})

test('it may run twice for a request, and an application may set a session or none', async () => {
  const set: express.RequestHandler = (request, _response, next) => {
    const held = request as unknown as { session: unknown }
    const { session } = held
    held.session = null
    held.session = session
    next()
  }
  expect(await ask([ours(), ours({ required: true }), set], await loggedIn())).toEqual([
    200,
    '{"session":"object","login":null}',
  ])
})

test.each(['', '__proto__', 'a b', 1])('the property %j is refused', (property) => {
  expect(() => ours({ property })).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }))
})
