import { expect, test } from 'vitest'
import { parseGatewayConfig } from '../../src/index.ts'
import { rawConfig } from '../support.ts'

const SHA = 'A'.repeat(43)

test('the configuration may leave out access rules, headers and clients', () => {
  const config = parseGatewayConfig(rawConfig())
  expect(config.access).toBeUndefined()
  expect(config.oauth).toBeUndefined()
  expect(config.forwardAuth).toEqual({ headerPrefix: 'X-Auth-Request-', loginPath: '/login' })
})

test('a rule with `ambiguousPaths` may follow rules for other paths', () => {
  const rules = [{ path: '/' }, { path: '/a' }, { path: '/b/**' }, { path: '/a/c/**', ambiguousPaths: true }]
  expect(() => parseGatewayConfig(rawConfig({ access: { default: 'deny', rules } }))).not.toThrow()
})

test.each([
  [{ access: { rules: [] } }, '`access.default` must be "allow" (any logged-in user) or "deny"'],
  [{ access: { default: 'allow' } }, '`access.rules` must be a list of rules'],
  [
    { access: { default: 'deny', rules: [{ path: '/a/../b' }] } },
    '`access.rules[0].path` must be a path such',
  ],
  [{ access: { default: 'deny', rules: [{ path: 'a' }] } }, '`access.rules[0].path` must be a path such'],
  [
    { access: { default: 'deny', rules: [{ path: '/a', methods: ['get'] }] } },
    '`access.rules[0].methods[0]` must be a method in capitals',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a', groups: [] }] } },
    '`access.rules[0].groups` must name at least one group',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a', groups: ['x'], public: true }] } },
    '`access.rules[0]` must have only one of `public`, `deny` and `groups`',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a', publik: true }] } },
    '`access.rules[0].publik` is not a known key',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a/*/**', ambiguousPaths: true }] } },
    '`access.rules[0].ambiguousPaths` needs a `path` that begins with names',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a', ambiguousPaths: true }] } },
    '`access.rules[0].ambiguousPaths` needs a `path`',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/**', ambiguousPaths: true }] } },
    '`access.rules[0].ambiguousPaths` needs a `path`',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a/secret' }, { path: '/a/**', ambiguousPaths: true }] } },
    '`access.rules[1].ambiguousPaths` is not possible after rules[0]',
  ],
  [
    {
      access: {
        default: 'deny',
        rules: [{ path: '/b' }, { path: '/**' }, { path: '/a/**', ambiguousPaths: true }],
      },
    },
    '`access.rules[2].ambiguousPaths` is not possible after rules[1]',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/*/x' }, { path: '/A/**', ambiguousPaths: true }] } },
    '`access.rules[1].ambiguousPaths` is not possible after rules[0]',
  ],
  [{ forwardAuth: { headerPrefix: 'X User' } }, '`forwardAuth.headerPrefix` must be letters'],
  [{ forwardAuth: { loginPath: '//evil.example' } }, '`forwardAuth.loginPath` must be a plain path'],
  [{ forwardAuth: { loginPath: 'https://evil.example' } }, '`forwardAuth.loginPath` must be a plain path'],
  [{ oauth: { clients: [{ id: 'a b', secretSha256: SHA }] } }, '`oauth.clients[0].id` must be 1 to 64'],
  [{ oauth: { clients: [{ id: 'a', secretSha256: 'x' }] } }, 'make both with `holdfast clients add`'],
  [
    { oauth: { clients: [1, 2].map(() => ({ id: 'a', secretSha256: SHA })) } },
    '`oauth.clients` must not contain the same client twice',
  ],
  [{ oauth: { clients: [], issuer: 'http://id.example.org' } }, '`oauth.issuer` must be'],
  [{ oauth: { clients: [], issuer: 'https://id.example.org/' } }, '`oauth.issuer` must be'],
  [{ oauth: { clients: [], issuer: 'https://id.example.org/a' } }, '`oauth.issuer` must be'],
])('the message about the mistake in %j names its key', (overrides, sentence) => {
  expect(() => parseGatewayConfig(rawConfig(overrides))).toThrow(sentence)
})

test('a client may only introspect by default', () => {
  const { oauth } = parseGatewayConfig(rawConfig({ oauth: { clients: [{ id: 'a', secretSha256: SHA }] } }))
  expect(oauth?.clients[0]?.may).toEqual(['introspect'])
})

test('the message about a wrong secret hash does not quote it', () => {
  const clients = [{ id: 'a', secretSha256: 'hfc_s3cret' }]
  expect(() => parseGatewayConfig(rawConfig({ oauth: { clients } }))).toThrow(/^(?!.*s3cret)/s)
})
