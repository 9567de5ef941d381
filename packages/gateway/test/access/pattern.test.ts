import { expect, test } from 'vitest'
import { pathSegments } from '../../src/access/path.ts'
import { matchPattern, parsePattern } from '../../src/access/pattern.ts'

const match = (pattern: string, path: string) => {
  const [parsed, segments] = [parsePattern(pattern), pathSegments(path)]
  if (parsed === null || segments === null) throw new Error('Not plain.')
  return matchPattern(parsed, segments)
}

test.each([
  ['/', '/', 'matches'],
  ['/', '/a', 'differs'],
  ['/**', '/', 'matches'],
  ['/**', '/a/b', 'matches'],
  ['/admin', '/admin', 'matches'],
  ['/admin', '/admin/', 'matches'],
  ['/admin/', '/admin', 'matches'],
  ['/admin', '/admin/x', 'differs'],
  ['/admin', '/administrator', 'differs'],
  ['/admin/**', '/admin', 'matches'],
  ['/admin/**', '/admin/x/y', 'matches'],
  ['/admin/**', '/administrator', 'differs'],
  ['/admin/**', '/%61dmin/x', 'matches'],
  ['/admin/**', '/Admin/x', 'differs-in-case'],
  ['/admin/**', '/ADM%C4%B0N', 'differs'],
  ['/admin/**', '/adm%C4%B1n', 'differs-in-case'],
  ['/admin/**', '/%EF%BD%81dmin', 'differs-in-case'],
  ['/stra%C3%9Fe', '/STRASSE', 'differs-in-case'],
  ['/users/*/avatar', '/users/7/avatar', 'matches'],
  ['/users/*/avatar', '/users/avatar', 'differs'],
  ['/users/*/avatar', '/users/7/x/avatar', 'differs'],
  ['/users/*/avatar', '/Users/7/avatar', 'differs-in-case'],
])('the pattern %s compared with the path %s gives "%s"', (pattern, path, expected) => {
  expect(match(pattern, path)).toBe(expected)
})

test.each(['', 'admin', '/**/a', '/a*', '/a/..', '/a//b', '/a;b', '/a%2fb', '**', '/***'])(
  'parsePattern rejects %j',
  (text) => {
    expect(parsePattern(text)).toBeNull()
  },
)
