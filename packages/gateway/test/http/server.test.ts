import { expect, test } from 'vitest'
import { codeOf, PASSWORD, startGateway } from '../support.ts'

const big = JSON.stringify({ username: 'ada', password: 'x'.repeat(20_000) })

test.each([
  ['an empty body', {}, '', 400],
  ['an empty JSON body', { 'content-type': 'application/json' }, '', 400],
  ['invalid JSON', { 'content-type': 'application/json' }, '{"username":', 400],
  ['JSON that is not an object', { 'content-type': 'application/json' }, '"ada"', 400],
  ['null', { 'content-type': 'application/json' }, 'null', 400],
  ['a poisoned prototype', { 'content-type': 'application/json' }, '{"__proto__":{"username":"ada"}}', 400],
  ['fields of the wrong type', { 'content-type': 'application/json' }, '{"username":1,"password":[]}', 400],
  ['a missing field', { 'content-type': 'application/json' }, '{"username":"ada"}', 400],
  [
    'a repeated field',
    { 'content-type': 'application/x-www-form-urlencoded' },
    'username=a&username=b&password=c',
    400,
  ],
  ['a huge body', { 'content-type': 'application/json' }, big, 413],
  ['a huge form', { 'content-type': 'application/x-www-form-urlencoded' }, `username=${big}`, 413],
  ['plain text', { 'content-type': 'text/plain' }, 'ada', 415],
  ['XML', { 'content-type': 'application/xml' }, '<ada/>', 415],
  ['an invalid content type', { 'content-type': ';;;' }, 'ada', 415],
])('a login with %s gets its own answer, and the gateway keeps running', async (_, headers, body, status) => {
  const gateway = await startGateway()
  const response = await fetch(`${gateway.url}/login`, { method: 'POST', headers, ...(body ? { body } : {}) })
  expect(response.status).toBe(status)
  expect(await response.json()).toEqual({ error: { code: expect.any(String), message: expect.any(String) } })
  expect(await gateway.logIn()).toMatch(/^hf_/)
})

test.each([
  ['DELETE', '/login', 'GET, HEAD, POST'],
  ['PUT', '/logout', 'POST'],
  ['POST', '/session', 'GET, HEAD'],
  ['DELETE', '/verify', 'GET, HEAD'],
  ['OPTIONS', '/', 'GET, HEAD'],
  ['PATCH', '/readyz?x=1', 'GET, HEAD'],
])('%s %s gets 405 with the allowed methods', async (method, path, allow) => {
  const gateway = await startGateway()
  const response = await fetch(gateway.url + path, { method })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe(allow)
  expect(await codeOf(response)).toBe('METHOD_NOT_ALLOWED')
})

test('a wrong method is reported before a wrong body', async () => {
  const gateway = await startGateway()
  const response = await fetch(`${gateway.url}/login`, { method: 'PUT', body: 'text' })
  expect(response.status).toBe(405)
})

test.each(['/nothing', '/login/', '/Session', '//', '/*x', '/:id', '/(x'])(
  'the unknown path %s gets 404',
  async (path) => {
    const gateway = await startGateway()
    const response = await gateway.get(path)
    expect([response.status, await codeOf(response)]).toEqual([404, 'NOT_FOUND'])
  },
)

test('a path that cannot be decoded gets 400', async () => {
  const gateway = await startGateway()
  const response = await gateway.get('/%zz')
  expect([response.status, await codeOf(response)]).toEqual([400, 'INVALID_REQUEST'])
})

test('an error is a page for a browser and JSON for a program', async () => {
  const gateway = await startGateway()
  const response = await gateway.get('/nothing', { accept: 'text/html,*/*;q=0.8' })
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(await response.text()).toContain('There is nothing at this address.')
})

test('every answer names its server, forbids caching, and has the security headers', async () => {
  const gateway = await startGateway()
  const answers = [
    await gateway.get('/'),
    await gateway.get('/session'),
    await gateway.get('/readyz'),
    await gateway.get('/nothing'),
    await gateway.get('/%zz'),
    await gateway.post('/login', { username: 'ada', password: PASSWORD }),
    await gateway.post('/login', { username: 'ada', password: 'wrong' }),
    await fetch(`${gateway.url}/login`, { method: 'POST', body: 'text' }),
  ]
  for (const { headers } of answers) {
    expect(headers.get('x-holdfast-server')).toBe('gateway-1')
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('access-control-allow-origin')).toBeNull()
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'.*base-uri 'none'.*frame-ancestors 'none'/,
    )
  }
})
