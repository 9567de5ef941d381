import { describe, expect, test } from 'vitest'
import {
  asBearer,
  asCookie,
  awayStore,
  bodyOf,
  codeOf,
  memoryStore,
  PASSWORD,
  type Running,
  startGateway,
} from '../support.ts'

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0'
const html = { accept: 'text/html' }

async function listed(gateway: Running, token: string): Promise<Record<string, unknown>[]> {
  const body = await bodyOf(await gateway.get('/sessions', asBearer(token)))
  return body['sessions'] as Record<string, unknown>[]
}

const send = (gateway: Running, method: string, path: string, headers: Record<string, string>) =>
  fetch(gateway.url + path, { method, headers, redirect: 'manual' })

async function twoSessions() {
  const gateway = await startGateway()
  const there = await gateway.logIn({ 'user-agent': FIREFOX })
  const here = await gateway.logIn({ 'user-agent': 'curl/8.14.1' })
  const [first] = await listed(gateway, here)
  return { gateway, here, there, idThere: String(first?.['id']) }
}

test('/sessions lists the sessions of a user and marks the current one', async () => {
  const { gateway, here } = await twoSessions()
  const { token } = await gateway.store.issue({ subject: 'grace' })
  const sessions = await listed(gateway, here)
  expect(sessions).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      current: false,
      device: 'Firefox on Windows',
      address: expect.stringMatching(/^127\./),
      issuedAt: expect.stringMatching(/Z$/),
      idleUntil: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
    },
    expect.objectContaining({ current: true, device: 'curl' }),
  ])
  expect(await listed(gateway, token)).toHaveLength(1)
})

test('/sessions shows a page with a form per session and without scripts', async () => {
  const { gateway, here, idThere } = await twoSessions()
  const page = await (await gateway.get('/sessions', { ...asCookie(here), ...html })).text()
  expect(page).toContain('Firefox on Windows')
  expect(page).toContain(`<form method="post" action="/sessions/${idThere}/end">`)
  expect(page).toContain('action="/sessions/end-others"')
  expect(page).toContain('action="/sessions/end-all"')
  expect(page).not.toContain('<script')
})

test('/sessions escapes the name of a client', async () => {
  const gateway = await startGateway()
  const token = (
    await gateway.store.issue({ subject: 'ada', device: '<script>alert(1)</script>, 192.0.2.1' })
  ).token
  const page = await (await gateway.get('/sessions', { ...asCookie(token), ...html })).text()
  expect(page).toContain('&#60;script&#62;')
  expect(page).not.toContain('<script')
})

describe.each([
  ['DELETE', ''],
  ['POST', '/end'],
])('%s of one session', (method, suffix) => {
  test('ending another session keeps the own cookie', async () => {
    const { gateway, here, there, idThere } = await twoSessions()
    const response = await send(gateway, method, `/sessions/${idThere}${suffix}`, asCookie(here))
    expect([response.status, await bodyOf(response)]).toEqual([
      200,
      { ended: [idThere], server: 'gateway-1' },
    ])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await gateway.store.verify(there)).toMatchObject({ reason: 'revoked' })
    expect(await gateway.store.verify(here)).toMatchObject({ status: 'active' })
    expect(gateway.log()).toMatch(
      new RegExp(
        `"event":"revocation","by":"ada","via":"page","subject":"ada",.*"sessions":\\["${idThere}"\\]`,
      ),
    )
  })

  test('ending the own session clears the cookie', async () => {
    const { gateway, here } = await twoSessions()
    const [, current] = await listed(gateway, here)
    const response = await send(gateway, method, `/sessions/${current?.['id']}${suffix}`, asCookie(here))
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^holdfast=;/)])
    expect(await gateway.store.verify(here)).toMatchObject({ reason: 'revoked' })
  })

  test('ending a session of another user gets 404', async () => {
    const { gateway, here } = await twoSessions()
    const grace = await gateway.store.issue({ subject: 'grace' })
    for (const id of [grace.id, '0000000000000000', 'x', '%00', '__proto__']) {
      const response = await send(gateway, method, `/sessions/${id}${suffix}`, asCookie(here))
      expect([response.status, await codeOf(response)]).toEqual([404, 'NO_SUCH_SESSION'])
    }
    expect(await gateway.store.verify(grace.token)).toMatchObject({ status: 'active' })
  })
})

test('/sessions/end-others ends all other sessions and redirects to the page', async () => {
  const { gateway, here, there } = await twoSessions()
  const response = await send(gateway, 'POST', '/sessions/end-others', { ...asCookie(here), ...html })
  expect([response.status, response.headers.get('location')]).toEqual([303, '/sessions'])
  expect(response.headers.getSetCookie()).toEqual([])
  expect(await gateway.store.verify(there)).toMatchObject({ reason: 'revoked' })
  expect(await gateway.store.verify(here)).toMatchObject({ status: 'active' })
})

test('/sessions/end-all ends all sessions, clears the cookie and redirects to the start page', async () => {
  const { gateway, here, there } = await twoSessions()
  const response = await send(gateway, 'POST', '/sessions/end-all', { ...asCookie(here), ...html })
  expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
  expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^holdfast=;/)])
  for (const token of [here, there]) {
    expect(await gateway.store.verify(token)).toMatchObject({ reason: 'revoked' })
  }
})

// INV-GATEWAY-39.
describe('a login that is an hour old', () => {
  async function oldLogin(config: Record<string, unknown> = {}) {
    const gateway = await startGateway({ config })
    const hourAgo = Math.floor(Date.now() / 1000) - 3600
    const { token, id } = await gateway.store.issue({ subject: 'ada', claims: { auth_time: hourAgo } })
    const there = await gateway.store.issue({ subject: 'ada' })
    return { gateway, token, id, there }
  }

  test.each([
    ['DELETE', (id: string) => `/sessions/${id}`],
    ['POST', (id: string) => `/sessions/${id}/end`],
    ['POST', () => '/sessions/end-others'],
    ['POST', () => '/sessions/end-all'],
  ])('it ends no other session: %s', async (method, pathOf) => {
    const { gateway, token, there } = await oldLogin()
    const response = await send(gateway, method, pathOf(there.id), asBearer(token))
    expect([response.status, await codeOf(response)]).toEqual([401, 'INSUFFICIENT_AUTHENTICATION'])
    expect(response.headers.get('www-authenticate')).toContain('max_age="900"')
    for (const live of [token, there.token]) {
      expect(await gateway.store.verify(live)).toMatchObject({ status: 'active' })
    }
  })

  test('it ends its own session', async () => {
    const { gateway, token, id } = await oldLogin()
    expect((await send(gateway, 'POST', `/sessions/${id}/end`, asCookie(token))).status).toBe(200)
    expect(await gateway.store.verify(token)).toMatchObject({ reason: 'revoked' })
  })

  test('a browser gets the login form, and after the login it may end sessions', async () => {
    const { gateway, token, there } = await oldLogin()
    const headers = { ...asCookie(token), ...html }
    const page = await (await send(gateway, 'POST', '/sessions/end-others', headers)).text()
    expect(page).toContain('This needs a recent login.')
    expect(page).toContain('name="return_to" value="/sessions"')
    const again = await gateway.logIn(asCookie(token))
    await send(gateway, 'POST', '/sessions/end-others', asBearer(again))
    expect(await gateway.store.verify(there.token)).toMatchObject({ reason: 'revoked' })
  })

  test('`recentLoginMs` can allow it', async () => {
    const { gateway, token, there } = await oldLogin({ sessions: { recentLoginMs: 7_200_000 } })
    expect((await send(gateway, 'POST', '/sessions/end-all', asBearer(token))).status).toBe(200)
    expect(await gateway.store.verify(there.token)).toMatchObject({ reason: 'revoked' })
  })

  test('a session whose provider states no time is as old as its login here', async () => {
    const { gateway, there } = await oldLogin()
    const oidc = { sub: 'ada' }
    const { token } = await gateway.store.issue({ subject: 'ada', claims: { oidc } })
    await send(gateway, 'POST', '/sessions/end-others', asBearer(token))
    expect(await gateway.store.verify(there.token)).toMatchObject({ reason: 'revoked' })
  })
})

const CHANGES = [
  ['DELETE', '/sessions/0123456789abcdef'],
  ['POST', '/sessions/0123456789abcdef/end'],
  ['POST', '/sessions/end-others'],
  ['POST', '/sessions/end-all'],
  ['POST', '/logout'],
  ['POST', '/login'],
] as const

describe.each(CHANGES)('%s %s', (method, path) => {
  test.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' },
  ])('a request from a page of another site is refused: %j', async (from: Record<string, string>) => {
    const { gateway, here, there } = await twoSessions()
    const body = path === '/login' ? { body: JSON.stringify({ username: 'ada', password: PASSWORD }) } : {}
    const response = await fetch(gateway.url + path, {
      method,
      headers: { ...asCookie(here), 'content-type': 'application/json', ...from },
      ...body,
    })
    expect([response.status, await codeOf(response)]).toEqual([403, 'CROSS_SITE'])
    for (const token of [here, there]) {
      expect(await gateway.store.verify(token)).toMatchObject({ status: 'active' })
    }
  })
})

test.each([...CHANGES.slice(0, 4), ['GET', '/sessions'] as const])(
  '%s %s requires a session, and answers 503 when it cannot be verified',
  async (method, path) => {
    const gateway = await startGateway()
    const nobody = await send(gateway, method, path, {})
    expect([nobody.status, await codeOf(nobody)]).toEqual([401, 'NO_TOKEN'])
    const { token } = await memoryStore().issue({ subject: 'ada' })
    const unknown = await send(gateway, method, path, asCookie(token))
    expect([unknown.status, await codeOf(unknown)]).toEqual([401, 'INVALID_TOKEN'])
    const away = await startGateway({ store: awayStore() })
    const response = await send(away, method, path, asCookie(token))
    expect([response.status, await codeOf(response)]).toEqual([503, 'STORE_UNAVAILABLE'])
    expect(response.headers.getSetCookie()).toEqual([])
  },
)
