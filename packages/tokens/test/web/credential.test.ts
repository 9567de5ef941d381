import { expect, test } from 'vitest'
import { readCredential } from '../../src/web/credential.ts'

test('a bearer token goes before a cookie, whatever the case of its scheme', () => {
  const cookie = 'sid=from-cookie'
  const bearer = { token: 'abc', from: 'bearer' }
  const fromCookie = { token: 'from-cookie', from: 'cookie' }
  expect(readCredential({ authorization: 'bearer   abc ', cookie }, 'sid')).toEqual(bearer)
  expect(readCredential({ authorization: 'Basic abc', cookie }, 'sid')).toEqual(fromCookie)
  expect(readCredential({ authorization: 'Bearer', cookie }, 'sid')).toEqual(fromCookie)
  expect(readCredential(new Headers({ authorization: 'Bearer abc', cookie }), 'sid')).toEqual(bearer)
  expect(readCredential(new Headers({ cookie }), 'sid')).toEqual(fromCookie)
})

test('of two cookies of one name the first counts, and an empty one is none', () => {
  const tokenIn = (cookie: string) => readCredential({ cookie }, 'sid')?.token
  expect(tokenIn('sid=1; sid=2')).toBe('1')
  expect(tokenIn('sid=; sid=2')).toBe(undefined)
  expect(tokenIn('xsid=1; sid')).toBe(undefined)
  expect(readCredential({}, 'sid')).toBe(null)
})
