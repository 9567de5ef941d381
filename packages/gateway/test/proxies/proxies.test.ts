import { execFileSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { PASSWORD } from '../support.ts'
import { type Answer, type ProxyName, Stage } from './stage.ts'

const RULES = {
  default: 'allow',
  rules: [
    { path: '/open/**', public: true },
    { path: '/admin/**', groups: ['admins'] },
  ],
}
const PROXIES: readonly ProxyName[] = ['nginx', 'haproxy']
const PAGE = { accept: 'text/html,*/*;q=0.8' }

const isThere = (program: string) => {
  try {
    execFileSync('which', [program], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const cookieOf = (token: string) => ({ cookie: `__Host-holdfast=${token}` })
const believed = ({ body }: Answer) => (JSON.parse(body) as { headers: Record<string, string> }).headers
const expectOwnHeaders = ({ headers }: Answer) =>
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'content-security-policy': expect.stringContaining("frame-ancestors 'none'"),
    'x-content-type-options': 'nosniff',
    'strict-transport-security': 'max-age=31536000',
  })
const identity = (answer: Answer) =>
  Object.fromEntries(Object.entries(believed(answer)).filter(([name]) => /AUTH_REQUEST|REMOTE/.test(name)))

// `npm start` installs neither nginx nor Python.
const runs = isThere('python3') && isThere('nginx')
let stage: Stage

let cookie: { cookie: string }

beforeAll(async () => {
  if (!runs) return
  stage = await Stage.start(RULES)
  const { cookie: value } = await logIn('nginx')
  cookie = { cookie: value }
}, 180_000)
afterAll(() => stage?.stop())

async function logIn(proxy: ProxyName, returnTo = '/'): Promise<{ cookie: string; location: string }> {
  const body = new URLSearchParams({ username: 'ada', password: PASSWORD, return_to: returnTo }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const answer = await stage.ask(proxy, '/login', { method: 'POST', headers, body })
  expect(answer.status, answer.body).toBe(303)
  const [set = ''] = answer.headers['set-cookie'] ?? []
  return { cookie: set.split(';', 1)[0] ?? '', location: String(answer.headers['location']) }
}

describe.skipIf(!runs).each(PROXIES)('%s', (proxy) => {
  const ask = (...request: Parameters<Stage['ask']> extends [unknown, ...infer Rest] ? Rest : never) =>
    stage.ask(proxy, ...request)
  const issue = async (subject: string, claims = {}) =>
    cookieOf((await stage.store.issue({ subject, claims })).token)

  test('the application gets the identity of the user from the proxy only', async () => {
    const lovelace = await issue('ada', { name: 'Ada L.', email: 'ada@example.org', groups: ['a', 'b'] })
    const answer = await ask('/hello?x=1', { headers: lovelace })
    expect([answer.status, JSON.parse(answer.body).path]).toEqual([200, '/hello?x=1'])
    expect(identity(answer)).toEqual({
      X_AUTH_REQUEST_USER: 'ada',
      X_AUTH_REQUEST_NAME: 'Ada%20L.',
      X_AUTH_REQUEST_EMAIL: 'ada@example.org',
      X_AUTH_REQUEST_GROUPS: 'a,b',
    })
  })

  test('an upload of 2 MB of a logged-in user reaches the application', async () => {
    const headers = { 'content-type': 'application/octet-stream' }
    const answer = await ask('/upload', {
      method: 'POST',
      headers: { ...headers, ...cookie },
      body: 'x'.repeat(2_000_000),
    })
    expect(answer.status, answer.body).toBe(200)
    expect(identity(answer)['X_AUTH_REQUEST_USER']).toBe('ada')
  })

  test('a WebSocket of a logged-in user reaches the application, with the identity', async () => {
    expect(await stage.upgrade(proxy, cookie)).toBe('ada hello')
    await expect(stage.upgrade(proxy, {})).rejects.toThrow('401')
  })

  test('a client and the proxy agree only on cipher suites with forward secrecy', async () => {
    expect(await stage.cipherWith(proxy, 'ECDHE+AESGCM')).toMatch(/^ECDHE-/)
    const refused = /alert|handshake|reset/i
    // CBC with SHA-1, and a suite without forward secrecy.
    await expect(stage.cipherWith(proxy, 'ECDHE+SHA1:@SECLEVEL=0')).rejects.toThrow(refused)
    await expect(stage.cipherWith(proxy, 'AES128-SHA:AES128-GCM-SHA256:@SECLEVEL=0')).rejects.toThrow(refused)
  })

  test('every answer tells browsers to use https only', async () => {
    for (const [target, headers] of [
      ['/x', cookie],
      ['/x', PAGE],
      ['/login', PAGE],
      ['/admin/x', cookie],
    ] as const) {
      expect((await ask(target, { headers })).headers, target).toMatchObject({
        'strict-transport-security': 'max-age=31536000',
      })
    }
  })

  test('TRACE does not reach the application, which could repeat the cookie', async () => {
    const { status } = await ask('/x', { method: 'TRACE', headers: cookie })
    expect(status).toBe(405)
  })

  test('headers by which a framework would change the path, method or host do not reach the application', async () => {
    const names = [
      ...['X-Original-URL', 'X-Original-URI', 'X-Rewrite-URL', 'X-Original_URL'],
      ...['X-HTTP-Method', 'X-HTTP-Method-Override', 'X-Method-Override', 'X_HTTP_Method_Override'],
      ...['Forwarded', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Prefix', 'X-Forwarded-Uri'],
      ...['X-Forwarded-Method', 'X-Forwarded-For', 'X-Forwarded-Proto'],
    ]
    const headers = Object.fromEntries(names.map((name) => [name, 'evil']))
    const answer = await ask('/open/x', { headers })
    expect(answer.status).toBe(200)
    expect(JSON.stringify(believed(answer))).not.toContain('evil')
  })

  test('a client cannot make a second proxy remove the identity', async () => {
    const named = { connection: 'keep-alive, X-Auth-Request-User' }
    const answer = await ask('/open/x', { headers: { ...cookie, ...named } })
    // HAProxy refuses the request, and nginx writes the header itself.
    if (answer.status === 200) expect(believed(answer)['CONNECTION'] ?? '').not.toMatch(/auth/i)
    else expect(answer.status).toBe(400)
  })

  test('a browser logs in and returns to the requested page', async () => {
    const first = await ask('/a?b=c&d=%20', { headers: PAGE })
    expect([first.status, first.headers['location']]).toEqual([
      302,
      `/login?return_to=${encodeURIComponent('/a?b=c&d=%20')}`,
    ])
    const page = await ask(String(first.headers['location']), { headers: PAGE })
    expect([page.status, page.body]).toEqual([200, expect.stringContaining('value="/a?b=c&#38;d=%20"')])
    const { location, cookie: mine } = await logIn(proxy, '/a?b=c&d=%20')
    expect(location).toBe('/a?b=c&d=%20')
    const back = await ask(location, { headers: { ...PAGE, cookie: mine } })
    expect(identity(back)).toEqual({ X_AUTH_REQUEST_USER: 'ada' })
  })

  test('a logout through the proxy ends the session', async () => {
    const { cookie: mine } = await logIn(proxy)
    expect((await ask('/logout', { method: 'POST', headers: { cookie: mine } })).status).toBe(200)
    await sleep(1000)
    expect((await ask('/x', { headers: { cookie: mine } })).status).toBe(401)
  })

  test('the application gets the other cookies and credentials of the client, but no session token', async () => {
    const token = cookie.cookie
    const got = async (headers: Record<string, string>, target = '/x') => {
      const answer = await ask(target, { headers })
      expect(answer.status, answer.body).toBe(200)
      expect(answer.body).not.toContain('hf_')
      const { COOKIE = null, AUTHORIZATION = null } = believed(answer)
      return [COOKIE, AUTHORIZATION]
    }
    expect(await got({ cookie: `a=1; ${token}; b=2` })).toEqual(['a=1; b=2', null])
    expect(await got({ cookie: `${token}; b=2` })).toEqual(['b=2', null])
    expect(await got({ cookie: `a=1;${token}` })).toEqual(['a=1', null])
    expect(await got({ cookie: token })).toEqual([null, null])
    await got({ cookie: `a=1; ${token}; b=2; ${token}` })
    const shared = token.replace('__Host-', '__Secure-')
    expect(await got({ cookie: `a=1; ${shared}; ${token}; b=2` })).toEqual(['a=1; b=2', null])
    const device = '__Host-holdfast-device=a.b'
    expect(await got({ cookie: `${device}; a=1; ${token}` })).toEqual(['a=1', null])
    expect(await got({ cookie: `a=1; ${token}; ${device}; b=2` })).toEqual(['a=1; b=2', null])
    expect(await got({ cookie: `${token}; ${device}` })).toEqual([null, null])
    const basic = { authorization: 'Basic YTpi' }
    expect(await got({ ...basic, cookie: `a=1; ${token}` }, '/open/x')).toEqual(['a=1', basic.authorization])
    const { token: robot } = await stage.store.issue({ subject: 'robot' })
    expect(await got({ authorization: `Bearer ${robot}`, cookie: 'a=1' })).toEqual(['a=1', null])
  })

  test('users see their own sessions and end them', async () => {
    const { cookie: mine } = await logIn(proxy)
    const page = await ask('/sessions', { headers: { ...PAGE, cookie: mine } })
    expect([page.status, page.body.includes('Your sessions')]).toEqual([200, true])
    const ended = await ask('/sessions/end-others', { method: 'POST', headers: { cookie: mine } })
    expect(ended.status, ended.body).toBe(200)
    const { cookie: value } = await logIn(proxy)
    cookie = { cookie: value }
  })

  test('the page for the own password is of the gateway', async () => {
    const { status, body } = await ask('/password')
    expect([status, body.includes('NO_PASSWORD_CHANGE')]).toEqual([403, true])
  })

  test('a request without https is redirected', async () => {
    const { status, headers } = await stage.askPlain(proxy, '/x?y=1')
    expect(status).toBe(301)
    expect(headers.get('location')).toMatch(/^https:\/\/127\.0\.108\.1[01](:\d+)?\/x\?y=1$/)
  })

  test('an answer of the proxy itself has security headers and is not cached', async () => {
    for (const [target, headers, status] of [
      ['/x', PAGE, 302],
      ['/x', {}, 401],
      ['/admin/x', cookie, 403],
    ] as const) {
      const answer = await ask(target, { headers: { ...headers } })
      expect(answer.status).toBe(status)
      expectOwnHeaders(answer)
    }
  })

  test('a browser returns to a long address after its login', async () => {
    const target = `/reports?ids=${'1,'.repeat(1900)}`
    const { status, headers } = await ask(target, { headers: PAGE })
    expect(status).toBe(302)
    const form = await ask(String(headers['location']), { headers: PAGE })
    expect([form.status, form.body.includes(target)]).toEqual([200, true])
    expect((await logIn(proxy, target)).location).toBe(target)
  })

  test('a static page requires a login', async () => {
    expect((await ask('/static/page.html', { headers: cookie })).body).toBe('<h1>A static page</h1>')
    expect((await ask('/static/page.html')).status).toBe(401)
  })

  test('identity headers of the client are ignored', async () => {
    const claims = ['User', 'Name', 'Email', 'Groups'].flatMap((part) => [
      `X-Auth-Request-${part}`,
      `x-auth-request-${part.toLowerCase()}`,
      `X_Auth_Request_${part}`,
      `X-Auth_Request-${part}`,
      `X-Auth-Request.${part}`,
    ])
    const headers = Object.fromEntries(claims.map((name) => [name, ['root', 'admins']]))
    const known = identity(await ask('/x', { headers: { ...headers, ...cookie } }))
    const open = identity(await ask('/open/x', { headers: { ...headers, ...cookie } }))
    expect(known['X_AUTH_REQUEST_USER']).toBe('ada')
    expect(open['X_AUTH_REQUEST_USER']).toBeUndefined()
    for (const told of [known, open]) expect(JSON.stringify(told)).not.toMatch(/root|admins/)
  })

  test('a program gets 401 with a challenge', async () => {
    const program = await ask('/x')
    expect([program.status, program.headers['www-authenticate']]).toEqual([401, 'Bearer realm="holdfast"'])
  })

  test('a bearer token is accepted', async () => {
    const { token } = await stage.store.issue({ subject: 'robot' })
    const answer = await ask('/x', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: 'x',
    })
    expect(identity(answer)['X_AUTH_REQUEST_USER']).toBe('robot')
  })

  test('access rules apply to the path of the client, however it is written', async () => {
    const admin = await issue('root', { groups: ['admins'] })
    const status = async (target: string, headers: Record<string, string> = {}) =>
      (await ask(target, { headers })).status
    expect(await status('/open/x')).toBe(200)
    expect(await status('/admin/x', admin)).toBe(200)
    expect(await status('/admin/x', cookie)).toBe(403)
    for (const target of [
      '/open/../admin/x',
      '/open/%2e%2e/admin/x',
      '/open//../admin/x',
      '/open/..%2fadmin/x',
      '/open/..;/admin/x',
      '/Open/x',
    ]) {
      expect([400, 403], target).toContain(await status(target))
    }
    // nginx would put it between the host and the path.
    expect([400, 401]).toContain(await status('/admin/x', { host: 'a/open' }))
  })
})

describe.skipIf(!runs).each(PROXIES)('behind %s', (proxy) => {
  test('wrong passwords of one client lock out only that client', async () => {
    const logInFrom = async (localAddress: string, username: string, password: string) => {
      const body = JSON.stringify({ username, password })
      const headers = { 'content-type': 'application/json' }
      return (await stage.ask(proxy, '/login', { method: 'POST', headers, body, localAddress })).status
    }
    const [attacker, person] = {
      nginx: ['127.0.108.51', '127.0.108.52'],
      haproxy: ['127.0.108.53', '127.0.108.54'],
    }[proxy] as [string, string]
    const statuses: number[] = []
    const names = Array.from({ length: 210 }, (_, index) => `nobody-${index}`)
    // No more at once than the gateways check: a login that waits too long is rejected and does not count.
    const tryAll = async () => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        statuses.push(await logInFrom(attacker, name, 'a-wrong-password'))
      }
    }
    await Promise.all(Array.from({ length: 8 }, tryAll))
    expect(statuses.filter((status) => status === 401)).toHaveLength(200)
    expect(statuses.filter((status) => status === 429)).toHaveLength(10)
    expect(await logInFrom(attacker, 'ada', PASSWORD)).toBe(429)
    expect(await logInFrom(person, 'ada', PASSWORD)).toBe(200)
  }, 120_000)
})

describe.skipIf(!runs)('the gateways behind them', () => {
  test('the gateways see no untrusted proxy', async () => {
    for (const { address } of stage.gateways) {
      const health = await (await fetch(`http://${address.host}:${address.port}/healthz`)).json()
      expect(health).toMatchObject({ degraded: [] })
    }
  })
})

describe.skipIf(!runs)('both', () => {
  const askBoth = (target: string, headers: Record<string, string>) =>
    Promise.all(PROXIES.map((proxy) => stage.ask(proxy, target, { headers })))

  /** Sends requests to a proxy in `loops` loops until `isDone`, and counts the answers. */
  async function browse(
    proxy: ProxyName,
    loops: number,
    pauseMs: number,
    isDone: (asked: number) => boolean,
  ) {
    const outcomes: Record<string, number> = {}
    let asked = 0
    const loop = async () => {
      while (!isDone(asked)) {
        asked++
        const target = asked % 10 === 0 ? '/static/page.html' : '/x'
        const outcome = await stage.ask(proxy, target, { headers: cookie }).then(
          ({ status }) => String(status),
          (error: NodeJS.ErrnoException) => `error ${error.code}`,
        )
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        await sleep(pauseMs)
      }
    }
    await Promise.all(Array.from({ length: loops }, loop))
    return outcomes
  }

  test('an outage gets 503 with a time to retry, and logs no user out', async () => {
    const gone = [await stage.group.primary(), ...(await stage.group.replicas()).slice(0, 1)]
    for (const server of gone) server.pause()
    let answers: Answer[]
    try {
      const deadline = Date.now() + 15_000
      do answers = await askBoth('/x', { ...PAGE, ...cookie })
      while (answers.some(({ status }) => status === 200) && Date.now() < deadline)
    } finally {
      for (const server of gone) server.resume()
    }
    for (const answer of answers) expectOwnHeaders(answer)
    for (const { status, headers } of answers) {
      expect([status, headers['retry-after'], headers['set-cookie']]).toEqual([503, '1', undefined])
    }
    const deadline = Date.now() + 20_000
    do answers = await askBoth('/x', cookie)
    while (answers.some(({ status }) => status === 503) && Date.now() < deadline)
    for (const answer of answers) expect(identity(answer)['X_AUTH_REQUEST_USER']).toBe('ada')
    await stage.group.untilHealthy()
  }, 60_000)

  test('none of 1,000 requests per proxy fails or needs a new login while the primary dies', async () => {
    const primary = await stage.group.primary()
    onTestFinished(async () => {
      await primary.start()
      await stage.group.untilHealthy()
    })
    let killed: Promise<void> | null = null
    const outcomes = await Promise.all(
      PROXIES.map((proxy) =>
        browse(proxy, 10, 40, (asked) => {
          if (asked >= 200) killed ??= primary.kill()
          return asked >= 1000
        }),
      ),
    )
    await killed
    expect(outcomes).toEqual([{ 200: 1000 }, { 200: 1000 }])
    expect((await stage.group.primary()).port).not.toBe(primary.port)
  }, 60_000)

  // The last test, because the gateway stays stopped.
  test('no request is dropped when a gateway is stopped during 200 pending requests', async () => {
    const [stopped] = stage.gateways
    if (stopped === undefined) throw new Error('There is no gateway.')
    let ending = false
    const browsers = PROXIES.map((proxy) => browse(proxy, 100, 0, () => ending))
    await sleep(300)
    await stopped.kill('SIGTERM')
    await sleep(300)
    ending = true
    for (const outcomes of await Promise.all(browsers)) {
      expect(Object.keys(outcomes)).toEqual(['200'])
      expect(outcomes['200']).toBeGreaterThan(200)
    }
  }, 60_000)
})
