import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AccessPolicy, mayPass, requirementOf } from '../../src/access/rules.ts'
import { accessSchema } from '../../src/config/access.ts'

const policy = (section: unknown): AccessPolicy => accessSchema.parse(section)
const kind = (rules: AccessPolicy, target: string, method = 'GET') =>
  requirementOf(rules, { method, target }).kind

const SITE = policy({
  default: 'allow',
  rules: [
    { path: '/admin/**', groups: ['admins', 'root'] },
    { path: '/api/**', methods: ['OPTIONS'], public: true },
    { path: '/reports/**', methods: ['POST', 'DELETE'], groups: ['editors'] },
    { path: '/reports/**', methods: ['GET'] },
    { path: '/internal/**', deny: true },
    { path: '/assets/**', public: true },
  ],
})

test.each([
  ['GET', '/admin/x', 'group'],
  ['OPTIONS', '/api/x', 'public'],
  ['GET', '/api/x', 'login'],
  ['POST', '/reports/7', 'group'],
  ['GET', '/reports/7', 'login'],
  ['HEAD', '/reports/7', 'login'],
  ['GET', '/internal', 'refused'],
  ['GET', '/assets/a.css', 'public'],
  ['GET', '/elsewhere', 'login'],
])('the request %s %s has the requirement "%s"', (method, target, expected) => {
  expect(kind(SITE, target, method)).toBe(expected)
})

test('the first rule that matches a request decides', () => {
  const rules = (paths: string[]) => ({
    default: 'deny',
    rules: paths.map((path) => ({ path, ...(path === '/**' ? {} : { public: true }) })),
  })
  expect(kind(policy(rules(['/a', '/**'])), '/a')).toBe('public')
  expect(kind(policy(rules(['/**', '/a'])), '/a')).toBe('login')
})

test('a request that no rule matches follows the default', () => {
  expect(kind(policy({ default: 'deny', rules: [] }), '/x')).toBe('refused')
  expect(kind(policy({ default: 'allow', rules: [] }), '/x')).toBe('login')
})

test('a rule for GET also covers HEAD, and no other method', () => {
  const rules = policy({ default: 'deny', rules: [{ path: '/**', methods: ['GET'] }] })
  expect(['GET', 'HEAD', 'POST'].map((method) => kind(rules, '/x', method))).toEqual([
    'login',
    'login',
    'refused',
  ])
})

test.each(['get', 'GE T', '', 'G'.repeat(33), 'GET\r\n'])('the method %j is refused', (method) => {
  expect(kind(SITE, '/assets/a.css', method)).toBe('refused')
})

test('an unknown request is refused', () => {
  expect(requirementOf(policy({ default: 'allow', rules: [{ path: '/**', public: true }] }), null).kind).toBe(
    'refused',
  )
})

test('a rule with groups allows a user of any of these groups, and no other user', () => {
  const requirement = requirementOf(SITE, { method: 'GET', target: '/admin' })
  expect(
    [[], ['users'], ['root'], ['users', 'admins']].map((groups) => mayPass(requirement, groups)),
  ).toEqual([false, false, true, true])
  expect(mayPass({ kind: 'login' }, [])).toBe(true)
  expect(mayPass({ kind: 'refused' }, ['admins'])).toBe(false)
})

/** Everything but `/admin` is public, so a path that evades that rule is noticed. */
const OPEN = policy({
  default: 'deny',
  rules: [
    { path: '/admin/**', groups: ['admins'] },
    { path: '/**', public: true },
  ],
})

/** Every path that a program may read from a target, for all combinations of known behaviours of programs. */
function readings(target: string): string[] {
  const steps: ((text: string) => string)[] = [
    (text) => text.replace(/[?#].*$/s, ''),
    (text) =>
      text.replace(/%u?(?:00)?([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    (text) => text.replace(/\0.*$/s, ''),
    (text) => text.replace(/;[^/]*/g, ''),
    (text) => text.replaceAll('\\', '/'),
    (text) => text.normalize('NFKC').toLowerCase(),
    (text) => text.replace(/[. ]+(?=\/|$)/g, (dots) => (/^\.{1,2}$/.test(dots) ? dots : '')),
    (text) => resolveDots(text),
  ]
  // For every program the query follows the first `?`.
  let found = new Set([target.replace(/\?.*$/s, '')])
  // Twice, because some programs decode twice and then interpret the result.
  for (const step of [...steps, ...steps]) found = new Set([...found, ...[...found].map(step)])
  return [...found]
}

function resolveDots(text: string): string {
  const kept: string[] = []
  for (const part of text.split('/')) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  return `/${kept.join('/')}`
}

const piece = fc.constantFrom(
  ...[
    'admin',
    'Admin',
    'ADMIN',
    '%61dmin',
    'adm%69n',
    '%41dmin',
    'admin.',
    'admin%20',
    'admin%00',
    '%2561dmin',
  ],
  ...[
    '/',
    '//',
    '/./',
    '/../',
    '%2f',
    '%5c',
    '\\',
    ';x',
    ';',
    '..;',
    '.',
    '..',
    '%2e',
    '%2e%2e',
    '%252e',
    '%c0%ae',
  ],
  ...[
    'public',
    'x',
    '?',
    '#',
    '%00',
    '%3b',
    '%3f',
    '%23',
    '%',
    '\uff41dmin',
    '%ef%bd%81dmin',
    '%ef%bc%8e',
    ' ',
    '%09',
    '%0a',
  ],
)

// INV-GATEWAY-19.
test('a path that any program could read as a protected path is never allowed as public', () => {
  let attacks = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
      const target = `/${pieces.join('')}`
      if (!readings(target).some((path) => /^\/+admin(?:\/|$)/.test(path))) return
      attacks++
      expect(kind(OPEN, target)).not.toBe('public')
    }),
    { numRuns: 3000 },
  )
  expect(attacks).toBeGreaterThan(200)
})

const REPOSITORIES = policy({
  default: 'deny',
  rules: [
    { path: '/admin/**', groups: ['admins'] },
    { path: '/public/**', public: true, ambiguousPaths: true },
    { path: '/**' },
  ],
})

test.each([
  '/public/a%2Fb',
  '/public/a%2fb/c%5Cd',
  '/public//x',
  '/public/',
  '/public/a;v=1/b;v=2',
  '/public/what%3F',
  '/public/c%23',
  '/public/file.',
  '/public/100%25',
  '/public/a%252Fb',
  '/public/..a/b..c',
])('a rule with `ambiguousPaths` covers %s', (target) => {
  expect(kind(REPOSITORIES, target)).toBe('public')
})

test.each([
  '/public/../admin',
  '/public/%2e%2e/admin',
  '/public/%252e%252e%252fadmin',
  '/public/%25252525252e',
  '/public/..;/admin',
  '/public/;/../admin',
  '/public/a%2F..%5C..%2Fadmin',
  '/public/.%20/admin',
  '/public/a%00b',
  '/public/%c0%ae%c0%ae/admin',
  '/public/%u002e%u002e/admin',
  '/public/a%zz',
  '/public/%ef%bc%8e%ef%bc%8e%ef%bc%8fadmin',
  '/Public/a%2Fb',
  '/public%2Fa',
  '/public;x/a',
  '//public/a',
  '/other/a%2Fb',
])('a rule with `ambiguousPaths` does not cover %s', (target) => {
  expect(kind(REPOSITORIES, target)).toBe('refused')
})

test('an ambiguous path needs what its rule says, for the methods of the rule', () => {
  const rules = policy({
    default: 'allow',
    rules: [{ path: '/a/**', methods: ['GET'], groups: ['x'], ambiguousPaths: true }],
  })
  expect(kind(rules, '/a/b%2Fc')).toBe('group')
  expect(kind(rules, '/a/b%2Fc', 'POST')).toBe('refused')
})

// INV-GATEWAY-41.
test('a path that any program could read as one outside of the rule is never covered by `ambiguousPaths`', () => {
  let attacks = 0
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
      const target = `/public/${pieces.join('')}`
      if (readings(target).every((path) => /^\/+public(?:\/|$)/.test(resolveDots(path)))) return
      attacks++
      expect(kind(REPOSITORIES, target)).not.toBe('public')
    }),
    { numRuns: 5000 },
  )
  expect(attacks).toBeGreaterThan(200)
})
