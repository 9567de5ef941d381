import { describe, expect, test } from 'vitest'
import {
  type Answer,
  asBearer,
  asCookie,
  awayStore,
  codeOf,
  exchange,
  HOST,
  memoryStore,
  startGateway,
} from '../support.ts'

const PAGE = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const ORIGIN = 'https://app.example.org'

/** The address and the headers with which each proxy describes a client's request. */
const ASK: Record<
  string,
  (method: string, target: string) => { path: string; headers: Record<string, string> }
> = {
  nginx: (method, target) => ({
    path: '/verify/nginx',
    headers: { 'x-original-method': method, 'x-original-url': ORIGIN + target },
  }),
  traefik: (method, target) => ({ path: '/verify/traefik', headers: forwarded(method, target) }),
  haproxy: (method, target) => ({ path: '/verify/haproxy', headers: forwarded(method, target) }),
  envoy: (_, target) => ({ path: `/verify/envoy${target}`, headers: {} }),
}
const PROXIES = Object.keys(ASK)

const forwarded = (method: string, target: string) => ({
  'x-forwarded-method': method,
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'app.example.org',
  'x-forwarded-uri': target,
})

const RULES = {
  default: 'allow',
  rules: [
    { path: '/admin/**', groups: ['admins'] },
    { path: '/assets/**', public: true },
    { path: '/internal/**', deny: true },
  ],
}

type Gateway = Awaited<ReturnType<typeof startGateway>>

/** Sends a request as a proxy does. */
function ask(
  gateway: Gateway,
  proxy: string,
  target: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const question = ASK[proxy]?.(method, target)
  return exchange({
    host: HOST,
    port: gateway.port,
    path: question?.path,
    method: proxy === 'envoy' ? method : 'GET',
    headers: { ...headers, ...question?.headers },
  })
}

async function startWith(config: Record<string, unknown> = {}, claims = {}) {
  const store = memoryStore()
  const { token } = await store.issue({ subject: 'ada', claims })
  return { gateway: await startGateway({ store, config }), token, store }
}

describe('/verify', () => {
  test('/verify allows a valid token and returns the identity headers, without a body', async () => {
    const { gateway, token } = await startWith(
      {},
      { name: 'Ada L.', email: 'ada@example.org', groups: ['a', 'b'] },
    )
    for (const credential of [asCookie(token), asBearer(token)]) {
      const response = await gateway.get('/verify', credential)
      expect(response.status).toBe(200)
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'x-auth-request-user': 'ada',
        'x-auth-request-name': 'Ada%20L.',
        'x-auth-request-email': 'ada@example.org',
        'x-auth-request-groups': 'a,b',
        'cache-control': 'no-store',
      })
      expect(response.headers.getSetCookie()).toEqual([])
      expect(await response.text()).toBe('')
    }
  })

  test('/verify answers HEAD like GET', async () => {
    const { gateway, token } = await startWith()
    const head = (headers: Record<string, string>) =>
      fetch(`${gateway.url}/verify`, { method: 'HEAD', headers })
    expect((await head(asCookie(token))).headers.get('x-auth-request-user')).toBe('ada')
    expect((await head({})).status).toBe(401)
  })

  // INV-GATEWAY-18.
  test('/verify sends every identity header, also if empty, so that the client’s headers are overwritten', async () => {
    const { gateway, token } = await startWith({ access: RULES })
    for (const [target, headers] of [
      ['/x', asCookie(token)],
      ['/assets/x', {}],
    ] as const) {
      const { headers: told } = await ask(gateway, 'envoy', target, { headers })
      expect(told).toMatchObject({ 'x-auth-request-email': '', 'x-auth-request-groups': '' })
    }
  })

  test('/verify ignores claims of another type', async () => {
    const { gateway, token } = await startWith({}, { name: 7, email: null, groups: 'admins' })
    const { headers } = await gateway.get('/verify', asCookie(token))
    expect(['name', 'email', 'groups'].map((part) => headers.get(`x-auth-request-${part}`))).toEqual([
      '',
      '',
      '',
    ])
  })

  test('/verify encodes commas in group names and line feeds', async () => {
    const { gateway, token } = await startWith({}, { name: 'a\r\nX-Admin: 1', groups: ['a,b', 'zoë'] })
    const { headers } = await gateway.get('/verify', asCookie(token))
    expect(headers.get('x-auth-request-groups')).toBe('a%2Cb,zo%C3%AB')
    expect(headers.get('x-auth-request-name')).toBe('a%0D%0AX-Admin:%201')
    expect(headers.get('x-admin')).toBeNull()
  })

  test('/verify uses the configured header prefix', async () => {
    const { gateway, token } = await startWith({ forwardAuth: { headerPrefix: 'Remote-' } })
    const { headers } = await gateway.get('/verify', asCookie(token))
    expect([headers.get('remote-user'), headers.get('x-auth-request-user')]).toEqual(['ada', null])
  })

  test('/verify shows changed claims at once', async () => {
    const { gateway, token, store } = await startWith({}, { groups: ['a'] })
    const groups = async () =>
      (await gateway.get('/verify', asCookie(token))).headers.get('x-auth-request-groups')
    expect(await groups()).toBe('a')
    await store.update(token, () => ({ groups: ['b'] }))
    expect(await groups()).toBe('b')
  })

  test('/verify refuses a revoked token with the reason, and the cookie stays', async () => {
    const { gateway, token, store } = await startWith()
    await store.revoke(token)
    const response = await gateway.get('/verify', asCookie(token))
    expect([response.status, await codeOf(response)]).toEqual([401, 'INVALID_TOKEN'])
    expect(response.headers.get('www-authenticate')).toBe(
      'Bearer realm="holdfast", error="invalid_token", error_description="revoked"',
    )
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('/verify ignores a token in the query string', async () => {
    const { gateway, token } = await startWith()
    expect((await gateway.get(`/verify?access_token=${token}`)).status).toBe(401)
  })
})

describe.each(PROXIES)('/verify for %s', (proxy) => {
  test('a program without a login gets 401 with a challenge', async () => {
    const { gateway } = await startWith()
    const { status, headers } = await ask(gateway, proxy, '/x')
    expect([status, headers['www-authenticate'], headers.location]).toEqual([
      401,
      'Bearer realm="holdfast"',
      undefined,
    ])
  })

  test('a browser without a login is sent to the login page, with the return address', async () => {
    const { gateway } = await startWith()
    const { status, headers } = await ask(gateway, proxy, '/a/b?c=d&e=%20', { headers: PAGE })
    const path = `/login?return_to=${encodeURIComponent('/a/b?c=d&e=%20')}`
    expect([status, headers.location]).toEqual(
      { nginx: [401, path], traefik: [302, ORIGIN + path] }[proxy] ?? [302, path],
    )
    // A browser gets this answer itself.
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  })

  test('a browser returns to an address of up to 8,000 encoded characters, and to the start page from a longer one', async () => {
    const { gateway } = await startWith()
    const wayBack = async (target: string) => {
      const { headers } = await ask(gateway, 'nginx', target, { headers: PAGE })
      return new URLSearchParams(headers.location?.split('?')[1]).get('return_to')
    }
    const long = `/reports?ids=${'1,'.repeat(1900)}`
    expect(await wayBack(long)).toBe(long)
    expect(await wayBack(`/reports?ids=${'1,'.repeat(2500)}`)).toBe('/')
    expect(await wayBack(`/${'a'.repeat(9000)}`)).toBe('/')
  })

  test('a browser returns to a path with raw UTF-8, in encoded form', async () => {
    const { gateway } = await startWith()
    const raw = Buffer.from('/größe?x=ü').toString('latin1')
    const { headers } = await ask(gateway, 'nginx', raw, { headers: PAGE })
    expect(headers.location).toBe(`/login?return_to=${encodeURIComponent('/gr%C3%B6%C3%9Fe?x=%C3%BC')}`)
  })

  test('access rules refuse a path with raw UTF-8, which applications read differently', async () => {
    const { gateway, token } = await startWith({ access: RULES })
    const raw = Buffer.from('/größe').toString('latin1')
    expect((await ask(gateway, 'nginx', raw, { headers: asCookie(token) })).status).toBe(403)
    expect((await ask(gateway, 'nginx', '/gr%C3%B6%C3%9Fe', { headers: asCookie(token) })).status).toBe(200)
  })

  test.each([
    [{ 'x-forwarded-host': 'app_one.example.org' }, 'https://app_one.example.org'],
    [{ 'x-forwarded-proto': 'HTTPS' }, ORIGIN],
    [{ 'x-forwarded-proto': 'https, http' }, ORIGIN],
  ])('Traefik with the headers %j gets a redirect to %s', async (headers, origin) => {
    const { gateway } = await startWith()
    const question = { ...PAGE, ...forwarded('GET', '/x'), ...headers }
    const answer = await exchange({
      host: HOST,
      port: gateway.port,
      path: '/verify/traefik',
      headers: question,
    })
    expect(answer.headers.location).toBe(`${origin}/login?return_to=%2Fx`)
  })

  test('a browser that sends a form gets 401, because the form could not be sent again', async () => {
    const { gateway } = await startWith()
    const { status, headers } = await ask(gateway, proxy, '/x', { method: 'POST', headers: PAGE })
    expect([status, headers.location]).toEqual([401, undefined])
  })

  test.each(['//evil.example/x', '/\\evil.example', '/.//evil.example'])(
    'the return address for %s stays on this site',
    async (target) => {
      const { gateway } = await startWith()
      const { headers } = await ask(gateway, proxy, target, { headers: PAGE })
      const back = new URL(String(headers.location), ORIGIN).searchParams.get('return_to') ?? ''
      expect(new URL(back, ORIGIN).origin).toBe(ORIGIN)
    },
  )

  // INV-GATEWAY-31.
  test('a token that cannot be verified gets 503 with a time to retry, and the cookie stays', async () => {
    const { token } = await memoryStore().issue({ subject: 'ada' })
    const gateway = await startGateway({ store: awayStore(), config: { access: RULES } })
    const { status, headers } = await ask(gateway, proxy, '/x', { headers: { ...PAGE, ...asCookie(token) } })
    expect([status, headers['retry-after'], headers['set-cookie']]).toEqual([503, '1', undefined])
    expect((await ask(gateway, proxy, '/assets/x', { headers: asCookie(token) })).status).toBe(200)
  })

  test('access rules decide by path and group', async () => {
    const { gateway, token, store } = await startWith({ access: RULES })
    const admin = (await store.issue({ subject: 'root', claims: { groups: ['admins'] } })).token
    const status = async (target: string, headers: Record<string, string> = {}) =>
      (await ask(gateway, proxy, target, { headers })).status
    expect(await status('/admin/x', asCookie(admin))).toBe(200)
    expect(await status('/admin/x', asCookie(token))).toBe(403)
    expect(await status('/admin/x')).toBe(401)
    expect(await status('/assets/x')).toBe(200)
    expect(await status('/internal/x', asCookie(admin))).toBe(403)
    expect(await status('/assets/../admin/x', asCookie(token))).toBe(403)
    expect(await status('/assets/%2e%2e/admin/x')).toBe(403)
    expect(await status('/Admin/x', asCookie(admin))).toBe(403)
    expect(await status('/anything', asCookie(token))).toBe(200)
  })

  test('a public path returns no identity, even with a login', async () => {
    const { gateway, token } = await startWith({ access: RULES })
    const { headers } = await ask(gateway, proxy, '/assets/x', { headers: asCookie(token) })
    expect(headers['x-auth-request-user']).toBe('')
  })
})

test('a missing group gets the challenge of RFC 6750, section 3.1', async () => {
  const { gateway, token } = await startWith({ access: RULES })
  const { headers, body } = await ask(gateway, 'nginx', '/admin', { headers: asBearer(token) })
  expect(headers['www-authenticate']).toBe('Bearer realm="holdfast", error="insufficient_scope"')
  expect(JSON.parse(body).error.code).toBe('ACCESS_DENIED')
})

test('a request without its path is refused when there are access rules', async () => {
  const { gateway, token } = await startWith({ access: { default: 'allow', rules: [] } })
  for (const path of ['/verify', '/verify/nginx', '/verify/traefik', '/verify/haproxy']) {
    expect((await gateway.get(path, asCookie(token))).status).toBe(403)
  }
})

// INV-GATEWAY-17.
test('headers of another proxy and repeated headers are ignored', async () => {
  const { gateway } = await startWith({ access: RULES })
  const open = { ...forwarded('GET', '/assets/x'), 'x-original-method': 'GET' }
  const nginx = (url: string) => gateway.get('/verify/nginx', { ...open, 'x-original-url': url })
  expect((await nginx(`${ORIGIN}/assets/x`)).status).toBe(200)
  expect((await nginx(`${ORIGIN}/x`)).status).toBe(401)
  expect((await nginx(`${ORIGIN}/assets/x, ${ORIGIN}/assets/x`)).status).toBe(403)
  expect((await nginx('/assets/x')).status).toBe(403)
})

test('an invalid host does not appear in a redirect', async () => {
  const { gateway } = await startWith()
  const to = async (host: string) => {
    const headers = { ...PAGE, ...forwarded('GET', '/x'), 'x-forwarded-host': host }
    return (await gateway.get('/verify/traefik', headers)).status
  }
  expect(await to('app.example.org:8443')).toBe(302)
  for (const host of ['a@evil.example', 'evil.example/', 'evil.example, app.example.org', 'a b', '']) {
    expect(await to(host)).toBe(401)
  }
})

test('Envoy may use any method, and an invalid body is ignored', async () => {
  const { gateway, token } = await startWith({ access: RULES })
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'GET']) {
    const headers = { ...asCookie(token), 'content-type': 'application/xml', 'content-length': '0' }
    expect((await ask(gateway, 'envoy', '/x', { method, headers })).status, method).toBe(200)
  }
})

test('access rules apply to a long path and to the root', async () => {
  const { gateway, token } = await startWith({ access: RULES })
  for (const target of ['/', `/${'a'.repeat(3000)}`, `/a?${'b'.repeat(3000)}`]) {
    expect((await ask(gateway, 'envoy', target, { headers: asCookie(token) })).status, target).toBe(200)
  }
})

test('the audit log records who was denied access and which groups a rule wanted, once a minute and without the path', async () => {
  const gateway = await startGateway({ config: { access: RULES } })
  const token = await gateway.logIn()
  for (const target of ['/admin/secret-in-a-path', '/admin/b', '/internal/x']) {
    expect((await ask(gateway, 'nginx', target, { headers: asCookie(token) })).status).toBe(403)
  }
  const lines = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"access-denied"'))
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { subject: 'ada', groups: ['admins'], heldBack: 0 },
    { subject: null, session: null, groups: null, heldBack: 1 },
  ])
  expect(gateway.log()).not.toContain('secret-in-a-path')
})
