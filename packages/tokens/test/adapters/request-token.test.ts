import { parseCookie } from 'cookie'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readToken } from '../../src/adapters/request-token.ts'

test('a bearer token goes before a cookie, whatever the case of its scheme', () => {
  const cookie = 'sid=from-cookie'
  expect(readToken({ authorization: 'bearer   abc ', cookie }, 'sid')).toBe('abc')
  expect(readToken({ authorization: 'Basic abc', cookie }, 'sid')).toBe('from-cookie')
  expect(readToken({ authorization: 'Bearer', cookie }, 'sid')).toBe('from-cookie')
})

test('of two cookies of one name the first counts, and an empty one is none', () => {
  expect(readToken({ cookie: 'sid=1; sid=2' }, 'sid')).toBe('1')
  expect(readToken({ cookie: 'sid=; sid=2' }, 'sid')).toBe(null)
  expect(readToken({ cookie: 'xsid=1; sid' }, 'sid')).toBe(null)
  expect(readToken({}, 'sid')).toBe(null)
})

test('a cookie header is read as the gateway reads it', () => {
  const part = fc.stringMatching(/^[ \t]?(sid|side|si|%73id)?[ \t]?(=[a-z=%2"\t ]{0,6})?$/)
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const header = parts.join(';')
      expect(readToken({ cookie: header }, 'sid')).toBe(parseCookie(header)['sid'] || null)
    }),
    { numRuns: 2000 },
  )
})
