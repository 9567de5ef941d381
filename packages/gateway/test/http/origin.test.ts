import { expect, test } from 'vitest'
import { isCrossSite, isFromInsecurePage } from '../../src/http/origin.ts'

const host = 'login.example.org'

test.each([
  { host },
  { host, 'sec-fetch-site': 'same-origin', origin: `https://${host}` },
  { host, 'sec-fetch-site': 'none' },
  { host, origin: `https://${host}` },
  { host: 'Login.example.org', origin: `https://${host}` },
  { host: '127.0.1.1:8080', origin: 'http://127.0.1.1:8080' },
])('a request with the headers %j is not cross-site', (headers) => expect(isCrossSite(headers)).toBe(false))

test.each([
  { host, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
  { host, 'sec-fetch-site': 'same-site', origin: 'https://www.example.org' },
  { host, 'sec-fetch-site': 'cross-site' },
  { host, origin: 'https://evil.example' },
  { host, origin: 'https://www.example.org' },
  { host, origin: 'null' },
  { host, origin: '' },
  { host, origin: `https://${host}:8443` },
  { host, origin: `https://${host}.evil.example` },
  { origin: `https://${host}` },
])('a request with the headers %j is cross-site', (headers) => expect(isCrossSite(headers)).toBe(true))

test('the host that a trusted proxy reports counts', () => {
  const headers = { host: 'gateway-1.internal:8080', origin: `https://${host}` }
  expect(isCrossSite(headers)).toBe(true)
  expect(isCrossSite(headers, host)).toBe(false)
  expect(isCrossSite({ ...headers, origin: 'https://gateway-1.internal:8080' }, host)).toBe(true)
})

test.each([
  [true, { host, origin: `http://${host}` }],
  [true, { host: 'Login.example.org:8080', origin: `http://${host}:8080` }],
  [false, { host, origin: `https://${host}` }],
  [false, { host, origin: 'http://www.example.org' }],
  [false, { host: '127.0.1.1:8080', origin: 'http://127.0.1.1:8080' }],
  [false, { host: 'localhost:8080', origin: 'http://localhost:8080' }],
  [false, { host, origin: 'null' }],
  [false, { host }],
])('it is %s that the headers %j are of a page of this host that was opened by http', (expected, headers) =>
  expect(isFromInsecurePage(headers)).toBe(expected),
)
