import http from 'node:http'
import { type Claims, createMemoryStore, type StoreObserver } from '@holdfast/tokens'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { createGateway, parseGatewayConfig } from '../../src/index.ts'
import { parsePrometheus } from '../metrics/prometheus.ts'
import {
  type Answer,
  asBearer,
  asCookie,
  exchange,
  HOST,
  KEYRING,
  rawConfig,
  sendRaw,
  startGateway,
} from '../support.ts'

const REQUESTS = 800
const ORIGIN = 'https://app.example.org'
const RULES = {
  default: 'allow',
  rules: [
    { path: '/admin/**', groups: ['admins'] },
    { path: '/assets/**', public: true },
    { path: '/internal/**', deny: true },
  ],
}

interface Question {
  method: string
  path: string
  headers: Record<string, string>
}

/** A gateway, with the number of requests that its framework has answered. */
async function startCounting(config: Record<string, unknown> = {}) {
  const verified = vi.fn<NonNullable<StoreObserver['verified']>>()
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, observer: { verified } })
  const { usersFile } = await startGateway({ store })
  const raw = rawConfig({ usersFile, metrics: { public: true }, ...config })
  const gateway = await createGateway(parseGatewayConfig(JSON.parse(JSON.stringify(raw))), store, {
    logStream: { write() {} },
  })
  let seen = 0
  gateway.app.addHook('onSend', (_request, _reply, _payload, done) => {
    seen += 1
    done()
  })
  const port = Number(new URL(await gateway.listen()).port)
  onTestFinished(() => gateway.close())
  const agent = new http.Agent({ keepAlive: true })
  onTestFinished(() => agent.destroy())
  /** Starts a session and verifies it, so that it is in the cache. */
  const logIn = async (subject: string, claims: Claims = {}) => {
    const { token } = await store.issue({ subject, claims })
    await store.verify(token)
    return token
  }
  /** Sends a request as a proxy does, over a kept connection. */
  const ask = ({ method, path, headers }: Question): Promise<Answer> =>
    exchange({ host: HOST, port, agent, method, path, headers })
  /** The answer of the framework. */
  const askFramework = async ({ method, path, headers }: Question): Promise<Answer> => {
    const asked = { method: method as 'GET', url: path, headers }
    const { statusCode, headers: given, body } = await gateway.app.inject(asked)
    return { status: statusCode, headers: given as http.IncomingHttpHeaders, body }
  }
  const seenBy = async (action: () => Promise<unknown>) => {
    const before = seen
    await action()
    return seen - before
  }
  return { gateway, port, store, verified, logIn, ask, askFramework, seenBy }
}

/** An answer without the parts that depend on the connection and the clock. */
function essence({ status, headers: { date, connection, 'keep-alive': _, ...headers }, body }: Answer) {
  return { status, headers, body }
}

/** Requests of proxies, and requests that no client should send. `tokens` are those of sessions. */
function question(tokens: readonly string[]): fc.Arbitrary<Question> {
  const token = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...tokens) },
    { weight: 1, arbitrary: fc.constantFrom('', 'hf_0', `${tokens[0]}0`) },
  )
  const cookie = fc.oneof(
    token.map((text) => `holdfast=${text}`),
    fc.tuple(token, token).map(([one, two]) => `a=b; holdfast=${one}; holdfast=${two}`),
    token.map((text) => `holdfast="${text}" ;x`),
    token.map((text) => `Holdfast=${text}`),
  )
  const authorization = fc.oneof(
    token.map((text) => `Bearer ${text}`),
    token.map((text) => `bearer  ${text} `),
    token.map((text) => `Basic ${text}`),
  )
  const credentials = fc.oneof(
    { weight: 4, arbitrary: fc.record({ cookie }) },
    { weight: 2, arbitrary: fc.record({ authorization }) },
    { weight: 1, arbitrary: fc.record({ cookie, authorization }) },
    { weight: 1, arbitrary: fc.constant({}) },
  )
  const target = fc.constantFrom('/x', '/admin', '/admin/x', '/Admin', '/assets/x', '/internal', '/a/../x')
  const original = fc
    .tuple(fc.constantFrom('GET', 'GET', 'POST', 'get'), target, target)
    .map(([method, one, other]) => ({
      'x-original-method': method,
      'x-original-url': ORIGIN + one,
      'x-forwarded-method': method,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'app.example.org',
      'x-forwarded-uri': other,
    }))
  const path = fc
    .tuple(
      fc.constantFrom('/verify', '/verify/nginx', '/verify/haproxy', '/verify/traefik', '/verify/envoy/x'),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.constantFrom('?', '?max_age=600', '?max_age=0', '?max_age=x', '/') },
      ),
    )
    .map((parts) => parts.join(''))
  return fc.record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'OPTIONS'),
    path,
    headers: fc
      .tuple(credentials, original, fc.constantFrom({}, { accept: 'text/html' }))
      .map((parts): Record<string, string> => Object.assign({}, ...parts)),
  })
}

test.each([
  ['without rules', {}],
  ['with rules by path and group', { access: RULES }],
  ['with headers of another name', { forwardAuth: { headerPrefix: 'Remote-' } }],
])('the fast path gives the same answers as the framework, %s', async (_, config) => {
  const { store, logIn, ask, askFramework, seenBy } = await startCounting(config)
  const ended = await logIn('eve')
  await store.revoke(ended)
  const tokens = [
    await logIn('ada', { name: 'Ada L.', email: 'ada@example.org', groups: ['users', 'a,b'] }),
    await logIn('root', { name: 'zoë\r\nX-Admin: 1', groups: ['admins'] }),
    ended,
  ]
  let atOnce = 0
  let passed = 0
  await fc.assert(
    fc.asyncProperty(question(tokens), async (asked) => {
      let answer: Answer | undefined
      const seen = await seenBy(async () => {
        answer = await ask(asked)
      })
      if (answer === undefined) throw new Error('There was no answer.')
      expect(essence(answer)).toEqual(essence(await askFramework(asked)))
      // The fast path answers only allowed requests.
      if (seen === 0) expect(answer.status).toBe(200)
      if (seen === 0) atOnce += 1
      if (answer.status === 200) passed += 1
    }),
    { numRuns: REQUESTS },
  )
  expect(atOnce).toBeGreaterThan(REQUESTS / 20)
  expect(passed).toBeGreaterThan(atOnce)
  expect(passed).toBeLessThan(REQUESTS)
})

// INV-GATEWAY-6.
test('a cached session is answered by the fast path until it changes or ends', async () => {
  const { store, logIn, ask, seenBy } = await startCounting()
  const token = await logIn('ada', { groups: ['a'] })
  const groups = async () => {
    const { status, headers } = await ask({ method: 'GET', path: '/verify', headers: asCookie(token) })
    return status === 200 ? headers['x-auth-request-groups'] : status
  }
  expect(await seenBy(async () => expect([await groups(), await groups()]).toEqual(['a', 'a']))).toBe(0)
  await store.update(token, () => ({ groups: ['b'] }))
  expect(await seenBy(async () => expect(await groups()).toBe('b'))).toBe(1)
  expect(await seenBy(async () => expect(await groups()).toBe('b'))).toBe(0)
  await store.revoke(token)
  expect(await groups()).toBe(401)
})

test('answers of the fast path are counted and timed like all others', async () => {
  const { logIn, ask } = await startCounting()
  const headers = asBearer(await logIn('ada'))
  for (const method of ['GET', 'GET', 'HEAD']) await ask({ method, path: '/verify/haproxy', headers })
  const { samples } = parsePrometheus((await ask({ method: 'GET', path: '/metrics', headers })).body)
  const counted = (method: string) =>
    samples.find(
      ({ name, labels }) =>
        name === 'holdfast_http_request_duration_seconds_count' &&
        labels['route'] === '/verify/haproxy' &&
        labels['method'] === method &&
        labels['status'] === '200',
    )?.value
  expect([counted('GET'), counted('HEAD')]).toEqual([2, 1])
})

test('one request is one verification, also when a rule refuses a cached session', async () => {
  const { logIn, ask, verified, seenBy } = await startCounting({ access: RULES })
  const headers = { ...asCookie(await logIn('ada', { groups: ['users'] })), 'x-forwarded-method': 'GET' }
  const statusOf = async (target: string) =>
    (await ask({ method: 'GET', path: '/verify/traefik', headers: { ...headers, ...original(target) } }))
      .status
  const original = (target: string) => ({
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'app.example.org',
    'x-forwarded-uri': target,
  })
  verified.mockClear()
  const inFramework = await seenBy(async () => {
    expect([await statusOf('/x'), await statusOf('/admin/x'), await statusOf('/internal/x')]).toEqual([
      200, 403, 403,
    ])
  })
  expect(inFramework).toBe(2)
  // A path that is refused for all clients needs no verification.
  expect(verified.mock.calls.map(([status, source]) => [status, source])).toEqual([
    ['active', 'cache'],
    ['active', 'cache'],
  ])
})

test('a stopping gateway closes the connection after each answer, also of the fast path', async () => {
  const { gateway, logIn, ask } = await startCounting({ limits: { drainMs: 300 } })
  const question = { method: 'GET', path: '/verify', headers: asCookie(await logIn('ada')) }
  expect((await ask(question)).headers.connection).toBe('keep-alive')
  const closed = gateway.close()
  expect((await ask(question)).headers).toMatchObject({ connection: 'close', 'x-auth-request-user': 'ada' })
  await closed
})

test('answers to pipelined requests stay in order', async () => {
  const { port, logIn } = await startCounting()
  const token = await logIn('ada')
  const request = (line: string, more = '') => `GET ${line} HTTP/1.1\r\nHost: x\r\n${more}\r\n`
  const cookie = `Cookie: holdfast=${token}\r\n`
  const text = await sendRaw(
    port,
    request('/session') +
      request('/verify', cookie) +
      request('/verify', cookie) +
      request('/nothing', `Connection: close\r\n`),
  )
  expect(Array.from(text.matchAll(/HTTP\/1\.1 (\d+) /g), ([, status]) => status)).toEqual([
    '401',
    '200',
    '200',
    '404',
  ])
})

test('a session that is not in the cache is verified first', async () => {
  const { store, ask, seenBy } = await startCounting()
  const { token } = await store.issue({ subject: 'new' })
  const question = { method: 'GET', path: '/verify', headers: asCookie(token) }
  expect(await seenBy(async () => expect((await ask(question)).status).toBe(200))).toBe(1)
  expect(await seenBy(async () => expect((await ask(question)).status).toBe(200))).toBe(0)
})
