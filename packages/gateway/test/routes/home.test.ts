import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { asCookie, awayStore, memoryStore, startGateway } from '../support.ts'

const accept = 'text/html'

test('the start page shows the login form without a login', async () => {
  const gateway = await startGateway()
  const response = await gateway.get('/', { accept })
  expect(response.status).toBe(200)
  expect(await response.text()).toMatch(
    /<form method="post" action="\/login">.*name="password" type="password"/s,
  )
})

test('the start page shows the logged-in user and the server that answered', async () => {
  const gateway = await startGateway()
  const page = await (await gateway.get('/', { ...asCookie(await gateway.logIn()), accept })).text()
  expect(page).toContain('You are <em>ada</em>')
  expect(page).toMatch(/id="server"[^>]*>gateway-1</)
  expect(page).toContain('<form method="post" action="/logout">')
})

test('the start page escapes the subject', async () => {
  const gateway = await startGateway()
  const { token } = await gateway.store.issue({ subject: '<img src=x onerror=alert(1)>' })
  expect(await (await gateway.get('/', asCookie(token))).text()).not.toContain('<img')
})

test('the start page shows an error and reloads itself while the store is unavailable, and the cookie stays', async () => {
  const { token } = await memoryStore().issue({ subject: 'ada' })
  const gateway = await startGateway({ store: awayStore() })
  const response = await gateway.get('/', { ...asCookie(token), accept })
  expect(response.status).toBe(503)
  expect(response.headers.getSetCookie()).toEqual([])
  const page = await response.text()
  expect(page).toContain('You are still logged in')
  expect(page).toContain('<meta http-equiv="refresh" content="2">')
})

test.each(['/', '/sessions'])(
  '%s shows no data any more when it was left open for the idle time',
  async (path) => {
    const gateway = await startGateway()
    const { token } = await gateway.store.issue({ subject: 'ada', idleMs: 60_000 })
    const page = await (await gateway.get(path, { ...asCookie(token), accept })).text()
    const [, seconds, address = ''] =
      /<meta http-equiv="refresh" content="(\d+); url=([^"]+)">/.exec(page) ?? []
    expect(Number(seconds)).toBeGreaterThan(50)
    expect(Number(seconds)).toBeLessThanOrEqual(61)
    // It reads no session, which would extend it: it answers while the store is unavailable.
    const away = await startGateway({ store: awayStore() })
    const closed = await away.get(new URL(address, away.url + path).href.slice(away.url.length), {
      ...asCookie(token),
      accept,
    })
    expect(closed.status).toBe(200)
    const text = await closed.text()
    expect(text).toContain('This page was closed')
    expect(text).not.toContain('ada')
  },
)

test('a page of a session without an idle limit closes after a day', async () => {
  const gateway = await startGateway()
  const yearMs = 365 * 24 * 3_600_000
  const { token } = await gateway.store.issue({ subject: 'ada', idleMs: yearMs, absoluteMs: yearMs })
  expect(await (await gateway.get('/', asCookie(token))).text()).toContain('content="86401; url=?left-open"')
})

test('the policy of a page allows exactly its own style and script', async () => {
  const gateway = await startGateway()
  const response = await gateway.get('/', asCookie(await gateway.logIn()))
  const policy = response.headers.get('content-security-policy') ?? ''
  const page = await response.text()
  for (const [element, directive] of [
    ['style', 'style-src'],
    ['script', 'script-src'],
  ]) {
    const texts = [...page.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map(
      ([, text]) => text,
    )
    expect(texts).toHaveLength(1)
    expect(policy).toContain(`${directive} 'sha256-${hash('sha256', texts[0] ?? '', 'base64')}'`)
  }
  expect(policy).not.toMatch(/unsafe|https?:|\*/)
  expect(page).not.toMatch(/ (style|on[a-z]+)=|https?:\/\//)
})
