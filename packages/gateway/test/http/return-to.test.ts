import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeReturnTo } from '../../src/http/return-to.ts'

const GATEWAY = 'https://login.example.org'
const APP = 'https://app.example.org'

/** The origin that a browser on a page of the gateway reaches by `address`. */
const destination = (address: string) => new URL(address, `${GATEWAY}/oidc/callback?code=1`)

test.each([
  '/',
  '/reports?year=2026#top',
  '/a/b/',
  '/p%20q',
  '/?next=https://evil.example',
  `/${'a'.repeat(7999)}`,
])('safeReturnTo does not change the path %s of the gateway', (path) => expect(safeReturnTo(path)).toBe(path))

test.each([
  'https://evil.example/',
  '//evil.example/',
  '///evil.example/',
  '/\\evil.example/',
  '\\\\evil.example',
  '/\t/evil.example',
  '\n//evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  '/%2e//evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  `blob:${APP}/7e1f`,
  'blob:https://self.invalid/7e1f',
  'https://login.example.org@evil.example/',
  `${APP}.evil.example/`,
  `${APP}:8443/`,
  'http://app.example.org/',
  'https://user:secret@app.example.org/',
  `/${'a'.repeat(8000)}`,
  'https://',
  ['/a', '/b'],
  undefined,
  null,
  7,
])('safeReturnTo replaces the foreign address %j by the start page', (asked) => {
  expect(safeReturnTo(asked, [APP])).toBe('/')
})

test('safeReturnTo keeps addresses of allowed origins only', () => {
  expect(safeReturnTo(`${APP}/reports?q=1`, [APP])).toBe(`${APP}/reports?q=1`)
  expect(safeReturnTo('HTTPS://APP.example.org:443/x', [APP])).toBe(`${APP}/x`)
  expect(safeReturnTo(`${APP}/reports`)).toBe('/')
})

/** Addresses made of parts that have misled parsers before. */
const pieces = fc.constantFrom(
  '/',
  '\\',
  '.',
  '..',
  ':',
  '@',
  '?',
  '#',
  '%2f',
  '%5c',
  '%00',
  '\t',
  '\r\n',
  ' ',
  '\u0000',
  '\u3002',
  'https',
  'http:',
  'javascript:',
  'evil.example',
  'app.example.org',
  'self.invalid',
  '127.0.0.1',
  '[::1]',
  'x',
)
const addresses = fc.oneof(
  fc.array(pieces, { maxLength: 10 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
)

// INV-GATEWAY-16.
test('safeReturnTo keeps the browser at the gateway or an allowed origin, for every input', () => {
  fc.assert(
    fc.property(addresses, (asked) => {
      expect([GATEWAY, APP]).toContain(destination(safeReturnTo(asked, [APP])).origin)
      expect(destination(safeReturnTo(asked)).origin).toBe(GATEWAY)
    }),
    { numRuns: 2000 },
  )
})

test('the result of safeReturnTo is a valid header value and does not change when checked again', () => {
  fc.assert(
    fc.property(addresses, (asked) => {
      const answer = safeReturnTo(asked, [APP])
      expect(answer).toMatch(/^[\x21-\x7e]+$/)
      expect(safeReturnTo(answer, [APP])).toBe(answer)
    }),
    { numRuns: 2000 },
  )
})
