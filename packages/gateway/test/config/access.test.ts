import { expect, test } from 'vitest'
import { parseGatewayConfig } from '../../src/index.ts'
import { rawConfig } from '../support.ts'

const SHA = 'A'.repeat(43)

test('rules, headers and clients may be left out', () => {
  const config = parseGatewayConfig(rawConfig())
  expect(config.access).toBeUndefined()
  expect(config.oauth).toBeUndefined()
  expect(config.forwardAuth).toEqual({ headerPrefix: 'X-Auth-Request-', loginPath: '/login' })
})

test.each([
  [{ access: { rules: [] } }, '`access.default` must be "allow" (whoever is logged in) or "deny"'],
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
    '`access.rules[0].groups` must name a group',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a', groups: ['x'], public: true }] } },
    '`access.rules[0]` must have only one of `public`, `deny` and `groups`',
  ],
  [
    { access: { default: 'deny', rules: [{ path: '/a', publik: true }] } },
    '`access.rules[0].publik` is not a known key',
  ],
  [{ forwardAuth: { headerPrefix: 'X User' } }, '`forwardAuth.headerPrefix` must be letters'],
  [{ forwardAuth: { loginPath: '//evil.example' } }, '`forwardAuth.loginPath` must be a plain path'],
  [{ forwardAuth: { loginPath: 'https://evil.example' } }, '`forwardAuth.loginPath` must be a plain path'],
  [{ oauth: { clients: [{ id: 'a b', secretSha256: SHA }] } }, '`oauth.clients[0].id` must be 1 to 64'],
  [{ oauth: { clients: [{ id: 'a', secretSha256: 'x' }] } }, 'make both with `holdfast clients add`'],
  [
    { oauth: { clients: [1, 2].map(() => ({ id: 'a', secretSha256: SHA })) } },
    '`oauth.clients` must not name a client twice',
  ],
  [{ oauth: { clients: [], issuer: 'http://id.example.org' } }, '`oauth.issuer` must be'],
  [{ oauth: { clients: [], issuer: 'https://id.example.org/' } }, '`oauth.issuer` must be'],
  [{ oauth: { clients: [], issuer: 'https://id.example.org/a' } }, '`oauth.issuer` must be'],
])('a mistake is named by its key: %j', (overrides, sentence) => {
  expect(() => parseGatewayConfig(rawConfig(overrides))).toThrow(sentence)
})

test('a client may introspect, and nothing else unless it is said', () => {
  const { oauth } = parseGatewayConfig(rawConfig({ oauth: { clients: [{ id: 'a', secretSha256: SHA }] } }))
  expect(oauth?.clients[0]?.may).toEqual(['introspect'])
})

test('the hash of a secret is not quoted', () => {
  const clients = [{ id: 'a', secretSha256: 'hfc_s3cret' }]
  expect(() => parseGatewayConfig(rawConfig({ oauth: { clients } }))).toThrow(/^(?!.*s3cret)/s)
})
