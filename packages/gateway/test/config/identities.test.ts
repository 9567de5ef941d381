import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { parseGatewayConfig } from '../../src/config/load.ts'
import { mistakesInSettings } from '../../src/config/settings.ts'
import { rawConfig } from '../support.ts'

const LDAP = {
  urls: ['ldaps://ldap.example.org'],
  bindDn: 'cn=reader,dc=example,dc=org',
  bindPassword: 'reader-password',
  users: { base: 'ou=people,dc=example,dc=org' },
}
const OIDC = {
  issuer: 'https://id.example.org',
  clientId: 'holdfast',
  publicUrl: 'https://login.example.org',
}
const parse = (identities: unknown, more: Record<string, unknown> = {}) =>
  parseGatewayConfig(rawConfig({ identities, ...more }))

test('keys that are left out have their defaults', () => {
  const { identities, returnOrigins } = parse({ ldap: LDAP, oidc: OIDC })
  expect(identities.ldap).toMatchObject({
    startTls: false,
    users: { filter: '(uid={name})', subject: 'uid', name: 'cn', email: 'mail' },
    timeoutMs: 3000,
  })
  expect(identities.oidc).toMatchObject({ subjectClaim: 'sub', subjectPrefix: 'oidc:', userInfo: true })
  expect(returnOrigins).toEqual([])
})

test('the configuration must name at least one way to log in', () => {
  const { usersFile: _, ...raw } = rawConfig()
  expect(() => parseGatewayConfig(raw)).toThrow(
    '`usersFile` is missing, and `identities` names neither `ldap` nor `oidc`',
  )
  expect(parseGatewayConfig({ ...raw, identities: { oidc: OIDC } }).usersFile).toBeUndefined()
})

test.each([
  [
    { ldap: { ...LDAP, urls: ['ldap://ldap.example.org'] } },
    '`identities.ldap.urls` must begin with "ldaps://"',
  ],
  [{ ldap: { ...LDAP, startTls: true } }, '`identities.ldap.startTls` must be false with "ldaps://"'],
  [{ ldap: { ...LDAP, urls: [] } }, '`identities.ldap.urls` must name at least one server'],
  [{ ldap: { ...LDAP, urls: ['https://x'] } }, '`identities.ldap.urls[0]` must be "ldaps://host:port"'],
  [
    { ldap: { ...LDAP, users: { base: 'x', filter: '(uid=ada)' } } },
    'must be a filter in parentheses that contains {name}',
  ],
  [
    { ldap: { ...LDAP, bindPasswordFile: '/a/file' } },
    '`identities.ldap.bindPassword` must be set, or `bindPasswordFile`, but not both',
  ],
  [
    { oidc: { ...OIDC, clientSecret: 'x', clientSecretFile: '/a/file' } },
    '`identities.oidc.clientSecret` and `clientSecretFile` must not both be set',
  ],
  [{ ldap: { ...LDAP, bindPassword: '' } }, '`identities.ldap.bindPassword` must not be empty'],
  [
    { oidc: { ...OIDC, issuer: 'http://id.example.org' } },
    '`identities.oidc.issuer` must be an https:// address',
  ],
  [
    { oidc: { ...OIDC, publicUrl: 'https://login.example.org/' } },
    '`identities.oidc.publicUrl` must be an origin',
  ],
  [
    { oidc: { ...OIDC, publicUrl: 'http://login.example.org' } },
    '`identities.oidc.publicUrl` must begin with "https://"',
  ],
  [
    { oidc: { ...OIDC, scope: 'profile email' } },
    '`identities.oidc.scope` must be a list of scopes that begins with "openid"',
  ],
  [
    { oidc: { ...OIDC, clientAuthentication: 'jwt' } },
    '`identities.oidc.clientAuthentication` must be "basic" or "post"',
  ],
  [{ saml: {} }, '`identities.saml` is not a known key'],
])('the message about the mistake in %j names its key', (identities, sentence) => {
  expect(() => parse(identities)).toThrow(sentence)
})

test('unencrypted LDAP and HTTP are allowed on loopback, and StartTLS everywhere', () => {
  expect(parse({ ldap: { ...LDAP, urls: ['ldap://127.0.0.1:3890', 'ldap://[::1]'] } })).toBeDefined()
  expect(parse({ ldap: { ...LDAP, urls: ['ldap://ldap.example.org'], startTls: true } })).toBeDefined()
  expect(parse({ oidc: { ...OIDC, issuer: 'http://127.0.0.1:3000' } })).toBeDefined()
})

test.each(['app.example.org', 'https://app.example.org/', 'javascript:alert(1)', '*'])(
  'the configuration rejects %s as an origin to return to',
  (origin) => {
    expect(() => parse({}, { returnOrigins: [origin] })).toThrow('`returnOrigins[0]` must be an origin')
  },
)

test('every example in docs/identities.md is a valid configuration', async () => {
  const guide = await readFile(new URL('../../../../docs/identities.md', import.meta.url), 'utf8')
  const examples = Array.from(
    guide.matchAll(/```yaml\n(.*?)```/gs),
    ([, text = '']) => parseYaml(text).gateway,
  )
  expect(examples.length).toBeGreaterThanOrEqual(3)
  for (const example of examples) expect(mistakesInSettings(example)).toEqual([])
})
