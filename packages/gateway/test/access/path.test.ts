import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathSegments } from '../../src/access/path.ts'

/** A name of a file or folder that every program reads in the same way. */
const segment = fc
  .string({ unit: fc.constantFrom(...'abzAZ09-_~.!$&+,=:@%é漢 *'), minLength: 1, maxLength: 8 })
  .filter((text) => !/[. ]$/.test(text) && !/%[0-9a-f]{2}/i.test(text))

test.each([
  ['/', []],
  ['/a', ['a']],
  ['/a/', ['a']],
  ['/a/b?c=/../d', ['a', 'b']],
  ['/a?', ['a']],
  ['/a%20b/%C3%A9', ['a b', 'é']],
  ['/100%25', ['100%']],
  ['/.well-known/x', ['.well-known', 'x']],
  ["/a!$&'()*+,=:@~_-", ["a!$&'()*+,=:@~_-"]],
])('pathSegments accepts the plain path %s', (target, segments) => {
  expect(pathSegments(target)).toEqual(segments)
})

test.each([
  '',
  'a',
  '*',
  'http://host/a',
  '//host/a',
  '/a//b',
  '/a//',
  '/.',
  '/..',
  '/a/../b',
  '/a/./b',
  '/a/..',
  '/%2e%2e/b',
  '/a/.%2E/b',
  '/a/...',
  '/a/..;/b',
  '/a;jsessionid=1',
  '/a%3bb',
  '/a%2fb',
  '/a%2Fb',
  '/a%5cb',
  '/a%3fb',
  '/a%23b',
  '/a\\..\\b',
  '/a%252e%252e/b',
  '/a%00',
  '/a\0',
  '/a%0d%0ab',
  '/a%7f',
  '/a b',
  '/a\tb',
  '/é',
  '/a#b',
  '/a%',
  '/a%2',
  '/a%zz',
  '/a%u002e',
  '/%c0%ae%c0%ae/b',
  '/%ff',
  '/a./b',
  '/a%20/b',
  '/a%2e',
  '/%EF%BC%8E%EF%BC%8E/b',
  '/a%EF%BC%8Fb',
])('pathSegments rejects the path %j, which is not plain', (target) => {
  expect(pathSegments(target)).toBeNull()
})

test('a plain path has the same segments however its characters are encoded', () => {
  const encodings = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 })
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 5 }), encodings, (segments, encoded) => {
      const target = `/${segments.map((text) => encode(text, encoded)).join('/')}`
      expect(pathSegments(target)).toEqual(segments)
    }),
  )
})

function encode(text: string, choices: boolean[]): string {
  return Array.from(text, (character, place) => {
    if (/[A-Za-z0-9_~.-]/.test(character) && !choices[place]) return character
    return Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
  }).join('')
}
