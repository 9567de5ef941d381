import { expect, test } from 'vitest'
import { isCrossSite } from '../../src/web/cross-site.ts'

const host = 'login.example.org'

test.each([
  { host },
  { host, 'sec-fetch-site': 'same-origin', origin: `https://${host}` },
  { host, 'sec-fetch-site': 'none' },
  { host, origin: `https://${host}` },
  { host: 'Login.example.org', origin: `https://${host}` },
  { host: '127.0.1.1:8080', origin: 'http://127.0.1.1:8080' },
])('a request with the headers %j is not cross-site', (headers) =>
  expect(isCrossSite({ headers })).toBe(false),
)

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
])('a request with the headers %j is cross-site', (headers) => expect(isCrossSite({ headers })).toBe(true))

test('the host that a trusted proxy reports counts', () => {
  const headers = { host: 'gateway-1.internal:8080', origin: `https://${host}` }
  expect(isCrossSite({ headers })).toBe(true)
  expect(isCrossSite({ headers, host })).toBe(false)
  expect(isCrossSite({ headers: { ...headers, origin: 'https://gateway-1.internal:8080' }, host })).toBe(true)
})

test('a `Request` without a header `Host` was sent to the host of its address', () => {
  const from = (origin: string) => new Request(`https://${host}/login`, { headers: { origin } })
  expect(isCrossSite(from(`https://${host}`))).toBe(false)
  expect(isCrossSite(from('https://evil.example'))).toBe(true)
})

test('pages of the listed origins count as pages of this site, and no others', () => {
  const origins = ['https://app.example.org']
  const headers = { host, 'sec-fetch-site': 'same-site', origin: 'https://app.example.org' }
  expect(isCrossSite({ headers })).toBe(true)
  expect(isCrossSite({ headers }, origins)).toBe(false)
  expect(isCrossSite({ headers: { ...headers, origin: 'https://www.example.org' } }, origins)).toBe(true)
})
