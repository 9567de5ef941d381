import { generateKeyring } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { changesBetween, withLiveChanges } from '../../src/config/changes.ts'
import { parseGatewayConfig } from '../../src/config/load.ts'
import { createClient } from '../../src/index.ts'
import { KEYRING, NOBODY, rawConfig } from '../support.ts'

const TLS = { caFile: '/a/ca.crt', certFile: '/a/gateway.crt', keyFile: '/a/gateway.key' }
const storeWith = (more: Record<string, unknown>) => ({ sentinels: [NOBODY], keyring: KEYRING, ...more })
const rules = (methods: string[]) => ({ default: 'deny', rules: [{ path: '/**', methods, public: true }] })
const { entry: billing } = createClient('billing', ['introspect'])
const ADMIN_KEYS = ['admin.listen.socket', 'admin.administrators']
const admin = (name: string) => ({
  listen: { socket: '/a/admin.sock' },
  administrators: [{ name, tokenSha256: 'a'.repeat(64) }],
})
const usual = {
  store: storeWith({ username: 'app', password: 'one', tls: TLS }),
  access: rules(['GET']),
  oauth: { clients: [] },
  admin: admin('ada'),
  audit: { file: '/a/audit.jsonl' },
}
const configOf = (overrides: Record<string, unknown> = {}) =>
  parseGatewayConfig(JSON.parse(JSON.stringify(rawConfig(overrides))))
const secret = configOf(usual)

test('equal configurations have no changes', () => {
  expect(changesBetween(secret, structuredClone(secret))).toEqual({ live: [], restart: [] })
})

test.each<[string, Record<string, unknown>, string[], string[]]>([
  [
    'a password',
    { store: storeWith({ username: 'app', password: 'two', tls: TLS }) },
    ['store.password'],
    [],
  ],
  [
    'a new key ring, as one change',
    { store: storeWith({ username: 'app', password: 'one', tls: TLS, keyring: generateKeyring() }) },
    ['store.keyring'],
    [],
  ],
  [
    'another TLS file',
    { store: storeWith({ username: 'app', password: 'one', tls: { ...TLS, keyFile: '/b/gateway.key' } }) },
    ['store.tls'],
    [],
  ],
  ['other methods of a rule', { access: rules(['POST']) }, ['access'], []],
  ['removed rules', { access: undefined }, ['access'], []],
  ['another client', { oauth: { clients: [billing] } }, ['oauth.clients'], []],
  ['a removed section of clients', { oauth: undefined }, [], ['oauth.clients']],
  ['another administrator', { admin: admin('grace') }, ['admin.administrators'], []],
  ['a removed admin listener', { admin: undefined }, [], ADMIN_KEYS],
  ['another audit file', { audit: { file: '/b/audit.jsonl' } }, ['audit.file'], []],
  ['an audit log on standard output', { audit: {} }, [], ['audit.file']],
  ['removed encryption', { store: storeWith({ username: 'app', password: 'one' }) }, [], ['store.tls']],
  ['a removed password', { store: storeWith({ username: 'app', tls: TLS }) }, [], ['store.password']],
])('changesBetween recognises %s', (_, overrides, live, restart) => {
  const next = configOf({ ...usual, ...overrides })
  expect(changesBetween(secret, next)).toEqual({ live, restart })
  // Only the live keys are applied.
  expect(changesBetween(withLiveChanges(secret, next, live), next)).toEqual({ live: [], restart })
})

test('keys that need a restart are reported and not applied, and live keys are applied', () => {
  const inUse = configOf()
  const next = configOf({
    revision: 'r-2',
    listen: { host: '127.0.60.1', port: 8081 },
    dataCentre: 'dc2',
    store: storeWith({ idleMs: 5000 }),
    limits: { drainMs: 7, connections: 5, waitingLogins: 9 },
  })
  const changes = changesBetween(inUse, next)
  expect(changes.live.sort()).toEqual(['limits.connections', 'limits.drainMs', 'revision'])
  expect(changes.restart.sort()).toEqual([
    'dataCentre',
    'limits.waitingLogins',
    'listen.port',
    'store.idleMs',
  ])
  const taken = withLiveChanges(inUse, next, changes.live)
  expect(taken).toEqual({
    ...inUse,
    revision: 'r-2',
    limits: { ...inUse.limits, connections: 5, drainMs: 7 },
  })
  // They are reported again the next time.
  expect(changesBetween(taken, next).restart.sort()).toEqual(changes.restart.sort())
})

test('an added section and an added audit file need a restart', () => {
  const { restart, live } = changesBetween(configOf({ store: usual.store }), secret)
  expect(live).toEqual(['access'])
  expect(restart.toSorted()).toEqual([...ADMIN_KEYS, 'audit.file', 'oauth.clients'].sort())
})

test('changes contain no values', () => {
  const next = configOf({ ...usual, store: storeWith({ username: 'app', password: 'a-new-secret' }) })
  expect(JSON.stringify(changesBetween(secret, next))).not.toContain('a-new-secret')
})
