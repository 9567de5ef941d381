import { chmod, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, test } from 'vitest'
import { loadGatewayConfig, parseGatewayConfig } from '../../src/config/load.ts'
import { HOST, KEYRING, NOBODY, rawConfig, temporaryFolder } from '../support.ts'

async function fileWith(text: string): Promise<string> {
  const file = path.join(await temporaryFolder(), 'gateway.json')
  await writeFile(file, text, { mode: 0o600 })
  return file
}

test('a file with the required keys is valid, and the other keys have their defaults', async () => {
  const config = await loadGatewayConfig(await fileWith(JSON.stringify(rawConfig())))
  expect(config.listen).toEqual({ host: HOST, port: 0 })
  expect(config.store).toMatchObject({ primaryName: 'mymaster', idleMs: 1_800_000, absoluteMs: 43_200_000 })
  expect(config.limits).toMatchObject({ drainMs: 0, waitingLogins: 512 })
})

test('cookies are secure by default', () => {
  const { secureCookies: _, ...raw } = rawConfig()
  expect(parseGatewayConfig(raw).secureCookies).toBe(true)
})

test.each(['0.0.0.0', '10.0.0.7', '::', 'gateway.example.org'])(
  'cookies over plain HTTP are rejected on %s, which is not a loopback address',
  (host) => {
    const raw = rawConfig({ listen: { host, port: 8080 } })
    expect(() => parseGatewayConfig(raw)).toThrow(
      /`secureCookies` may be false only when `listen.host` is a loopback/,
    )
    expect(parseGatewayConfig({ ...raw, secureCookies: true }).listen.host).toBe(host)
  },
)

const SHARED = ['https://app1.example.org', 'https://app2.example.org']

test('hosts of one domain may share the cookie', () => {
  const raw = rawConfig({ cookieDomain: 'example.org', secureCookies: true, returnOrigins: SHARED })
  expect(parseGatewayConfig(raw).cookieDomain).toBe('example.org')
  const provider = { issuer: 'https://id.example.com', clientId: 'a', clientSecretFile: '/nowhere' }
  const oidc = (publicUrl: string) => ({ ...raw, identities: { oidc: { ...provider, publicUrl } } })
  expect(parseGatewayConfig(oidc('https://app1.example.org')).cookieDomain).toBe('example.org')
  expect(() => parseGatewayConfig(oidc('https://login.example.com'))).toThrow(/`cookieDomain` must be/)
})

test.each([
  ...['org', '.example.org', 'example.org.', 'Example.org', '192.0.2.1', 'a..org', 'https://example.org'].map(
    (cookieDomain) => ({ cookieDomain, message: 'must be a domain such as' }),
  ),
  // None of `returnOrigins` is in them.
  ...['example.com', 'ample.org', 'evil.app1.example.org'].map((cookieDomain) => ({
    cookieDomain,
    message: 'must be the domain of at least one origin of `returnOrigins`',
  })),
])('$cookieDomain is not accepted as the domain of the cookie', ({ cookieDomain, message }) => {
  const raw = rawConfig({ cookieDomain, secureCookies: true, returnOrigins: SHARED })
  expect(() => parseGatewayConfig(raw)).toThrow(`\`cookieDomain\` ${message}`)
})

test('a cookie for a domain must be secure', () => {
  const raw = rawConfig({ cookieDomain: 'example.org', secureCookies: false, returnOrigins: SHARED })
  expect(() => parseGatewayConfig(raw)).toThrow('`cookieDomain` needs `secureCookies: true`')
})

test.each(['127.0.0.1', '127.9.8.7', '::1', 'localhost'])(
  'cookies over plain HTTP are allowed on %s',
  (host) => {
    expect(parseGatewayConfig(rawConfig({ listen: { host, port: 8080 } })).listen.host).toBe(host)
  },
)

test.each([
  [{ name: 'gateway 1' }, '`name` must be 1 to 64'],
  [{ name: undefined }, '`name` must be text'],
  [{ dataCentre: 'DC1' }, '`dataCentre` must be 1 to 64 of a-z'],
  [{ listen: { host: HOST, port: 65_536 } }, '`listen.port` must be a whole number from 0 to 65535'],
  [{ listen: { host: HOST, port: '80' } }, '`listen.port` must be a whole number'],
  [{ listen: undefined }, '`listen` is missing'],
  [{ usersFile: '' }, '`usersFile` must not be empty'],
  [{ secureCookies: 'no' }, '`secureCookies` must be true or false'],
  [{ secureCookie: true }, '`secureCookie` is not a known key'],
  [{ limits: { drainMs: 99_999 } }, '`limits.drainMs` must be a whole number from 0 to 3000 (ms)'],
  [{ store: { sentinels: [], keyring: KEYRING } }, '`store.sentinels` must name the Sentinels'],
  [{ store: { sentinels: [{ host: 'a' }], keyring: KEYRING } }, '`store.sentinels[0].port` must be a whole'],
  [
    { store: { sentinels: [NOBODY], keyring: KEYRING, tls: { ca: '' } } },
    '`store.tls.caFile` must be text. `store.tls.ca` is not a known key',
  ],
  [{ store: { sentinels: [NOBODY] } }, '`store.keyring` is missing'],
  [{ trustedProxies: ['10.0.0.0/33'] }, '`trustedProxies[0]` must be an address or a range'],
  [{ trustedProxies: ['10.0.0.0/0'] }, '`trustedProxies[0]` must be an address or a range'],
  [{ trustedProxies: ['balancer'] }, '`trustedProxies[0]` must be an address or a range'],
  [{ trustedProxies: '10.0.0.1' }, '`trustedProxies` must be a list of addresses and ranges'],
  [{ loginLimits: { perAccount: 0 } }, '`loginLimits.perAccount` must be a whole number from 1 to 1000'],
  [{ loginLimits: { perUser: 5 } }, '`loginLimits.perUser` is not a known key'],
  [{ sessions: { onLimit: 'end' } }, '`sessions.onLimit` must be "reject" or "evict-oldest"'],
  [{ sessions: { rememberMs: 1000 } }, '`sessions.rememberMs` must be a whole number from 60000'],
])('the message about the mistake in %j names its key', (overrides, sentence) => {
  expect(() => parseGatewayConfig(rawConfig(overrides))).toThrow(sentence)
})

test.each(['10.1.2.3', '10.0.0.0/8', '::1', 'fd00::/8', '2001:db8::/128'])(
  'the configuration accepts the trusted proxy %s',
  (range) => {
    expect(parseGatewayConfig(rawConfig({ trustedProxies: [range] })).trustedProxies).toEqual([range])
  },
)

test('the message names every mistake of a file', () => {
  expect(() => parseGatewayConfig(rawConfig({ name: '', dataCentre: '' }))).toThrow(/`name`.*`dataCentre`/s)
})

test.each([0o644, 0o604, 0o660])('a configuration file with mode %o is rejected', async (mode) => {
  const file = await fileWith('{}')
  await chmod(file, mode)
  await expect(loadGatewayConfig(file)).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    // Root may let its group read the file.
    message: expect.stringMatching(new RegExp(`chmod 6[04]0 ${file}`)),
  })
})

test('the message about a missing file names it', async () => {
  await expect(loadGatewayConfig('/nowhere/gateway.json')).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: 'The configuration file /nowhere/gateway.json does not exist; check the path or create it.',
  })
})

test('the message about invalid JSON does not quote the file', async () => {
  const file = await fileWith('{\n  "password": "s3cret-in-the-file" oops }')
  const error = await loadGatewayConfig(file).catch((thrown: Error) => thrown)
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
  expect(String(error)).toContain('not valid JSON')
  expect(String(error)).not.toContain('s3cret')
})

test('the message about a wrong secret does not quote it', () => {
  const keyring = { current: 'k1', keys: { k1: ['s3cret-key'] }, index: 's3cret-index' }
  const raw = rawConfig({ store: { sentinels: [NOBODY], keyring, password: { a: 's3cret-password' } } })
  expect(() => parseGatewayConfig(raw)).toThrow(/^(?!.*s3cret).*`store.password` must be/s)
})
