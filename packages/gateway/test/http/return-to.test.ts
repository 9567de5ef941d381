import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeReturnTo } from '../../src/http/return-to.ts'

const GATEWAY = 'https://login.example.org'
const APP = 'https://app.example.org'

/** Where a browser on a page of the gateway goes when it is sent to `address`. */
const destination = (address: string) => new URL(address, `${GATEWAY}/oidc/callback?code=1`)

test.each(['/', '/reports?year=2026#top', '/a/b/', '/p%20q', '/?next=https://evil.example'])(
  'a path of the gateway stays as it is: %s',
  (path) => expect(safeReturnTo(path)).toBe(path),
)

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
  'https://login.example.org@evil.example/',
  `${APP}.evil.example/`,
  `${APP}:8443/`,
  'http://app.example.org/',
  'https://user:secret@app.example.org/',
  `/${'a'.repeat(2048)}`,
  'https://',
  ['/a', '/b'],
  undefined,
  null,
  7,
])('what leads elsewhere becomes the start page: %j', (asked) => {
  expect(safeReturnTo(asked, [APP])).toBe('/')
})

test('an address of an allowed origin stays, and of no other', () => {
  expect(safeReturnTo(`${APP}/reports?q=1`, [APP])).toBe(`${APP}/reports?q=1`)
  expect(safeReturnTo('HTTPS://APP.example.org:443/x', [APP])).toBe(`${APP}/x`)
  expect(safeReturnTo(`${APP}/reports`)).toBe('/')
})

/** Addresses made of the pieces by which parsers have been fooled. */
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
test('whatever is asked for, the browser stays with the gateway or an allowed origin', () => {
  fc.assert(
    fc.property(addresses, (asked) => {
      expect([GATEWAY, APP]).toContain(destination(safeReturnTo(asked, [APP])).origin)
      expect(destination(safeReturnTo(asked)).origin).toBe(GATEWAY)
    }),
    { numRuns: 2000 },
  )
})

test('an answer fits a header, and is its own answer', () => {
  fc.assert(
    fc.property(addresses, (asked) => {
      const answer = safeReturnTo(asked, [APP])
      expect(answer).toMatch(/^[\x21-\x7e]+$/)
      expect(safeReturnTo(answer, [APP])).toBe(answer)
    }),
    { numRuns: 2000 },
  )
})
