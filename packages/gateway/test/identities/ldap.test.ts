import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TestAuthority } from '@holdfast/testing'
import { within } from '@holdfast/testing/within'
import { beforeAll, describe, expect, test } from 'vitest'
import { createLdapAuthenticate, type OpenLdapConfig } from '../../src/identities/ldap/authenticate.ts'
import { withServer } from '../../src/identities/ldap/connection.ts'
import { addUser, parseGatewayConfig, removeUsers } from '../../src/index.ts'
import { asBearer, bodyOf, codeOf, PASSWORD, rawConfig, startGateway, temporaryFolder } from '../support.ts'
import { ADAS_PASSWORD, GROUPS, PEOPLE, READER, type Slapd, startRelay, startSlapd } from './slapd.ts'

const ADDRESSES = { addresses: ['127.0.107.1'] }
const ADA = {
  status: 'accepted',
  identity: { subject: 'ada', name: 'Ada Lovelace', email: 'ada@example.org', groups: ['staff'] },
}

let authority: TestAuthority
beforeAll(async () => {
  authority = await TestAuthority.create()
})
const startEncrypted = async () => startSlapd(await authority.host(ADDRESSES))

function configOf(changes: Record<string, unknown>): OpenLdapConfig {
  const ldap = { ...READER, users: { base: PEOPLE }, timeoutMs: 2000, ...changes }
  const config = parseGatewayConfig(rawConfig({ identities: { ldap } })).identities.ldap
  if (config === undefined) throw new Error('There is no directory in the configuration.')
  return { ...config, bindPassword: READER.bindPassword }
}

const authenticateBy = (changes: Record<string, unknown>, ca = authority.ca) =>
  createLdapAuthenticate(configOf(changes), ca)

describe('login by a directory', () => {
  test('a directory identifies a user over LDAPS, with the groups from memberOf', async () => {
    const { ldaps } = await startEncrypted()
    const authenticate = authenticateBy({ urls: [ldaps] })
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual(ADA)
    expect(await authenticate('ada', `${ADAS_PASSWORD}!`)).toEqual({
      status: 'refused',
      reason: 'wrong-password',
      subject: 'ada',
    })
    expect(await authenticate('nobody', ADAS_PASSWORD)).toEqual({ status: 'refused', reason: 'unknown-user' })
    // Directories ignore case, and the user must stay the same.
    expect(await authenticate('ADA', ADAS_PASSWORD)).toEqual(ADA)
    // Grace has no password, so every password is wrong.
    expect(await authenticate('grace', 'anything-at-all')).toMatchObject({ reason: 'wrong-password' })
    expect(await authenticate('twin', ADAS_PASSWORD)).toMatchObject({ reason: 'unusable-identity' })
  })

  test('a directory returns the groups of a search over StartTLS, and no password is sent unencrypted', async () => {
    const { ldap } = await startEncrypted()
    const relay = await startRelay(ldap)
    const authenticate = authenticateBy({
      urls: [relay.url],
      startTls: true,
      groups: { base: GROUPS, filter: '(&(objectClass=groupOfNames)(member={dn}))' },
    })
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual(ADA)
    expect(relay.sent().length).toBeGreaterThan(500)
    expect(relay.sent().includes(ADAS_PASSWORD)).toBe(false)
    expect(relay.sent().includes(READER.bindPassword)).toBe(false)
  })

  test('the directory never receives an empty password, which would be an anonymous bind', async () => {
    const { ldap } = await startSlapd()
    const relay = await startRelay(ldap)
    expect(await authenticateBy({ urls: [relay.url] })('ada', '')).toMatchObject({ status: 'refused' })
    expect(relay.connections()).toBe(0)
  })

  test('special characters of filters in a name find no user', async () => {
    const authenticate = authenticateBy({ urls: [(await startSlapd()).ldap] })
    const names = ['*', 'a*', 'ada)(uid=*', '*)(uid=*))(|(uid=*', 'ada)(!(uid=x)', '\\2a', 'ada\\']
    for (const name of [...names, 'ada\u0000', '(', ')(', 'uid=ada']) {
      const answer = await authenticate(name, ADAS_PASSWORD)
      expect([name, answer]).toEqual([name, { status: 'refused', reason: 'unknown-user' }])
    }
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual(ADA)
  })
})

describe('an outage of the directory', () => {
  test('logins use the second server while the first is down, and fail as unavailable while both are', async () => {
    const [first, second] = [await startEncrypted(), await startEncrypted()]
    const authenticate = authenticateBy({ urls: [first.ldaps, second.ldaps] })
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual(ADA)
    await first.server.kill()
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual(ADA)
    expect(await authenticate('ada', 'wrong-password')).toMatchObject({ reason: 'wrong-password' })
    await second.server.kill()
    const step = 'binding as the search account: ECONNREFUSED'
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual({
      status: 'unavailable',
      cause: `No server of the directory answered. ${second.ldaps}, ${step}; ${first.ldaps}, ${step}.`,
    })
    await first.server.start()
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual(ADA)
  })

  test('a hanging server delays a login until its deadline, and the next login starts with another server', async () => {
    const [first, second] = [await startEncrypted(), await startEncrypted()]
    const authenticate = authenticateBy({ urls: [first.ldaps, second.ldaps], timeoutMs: 3000 })
    first.server.pause()
    const startMs = performance.now()
    expect(await within(authenticate('ada', ADAS_PASSWORD), 30_000)).toEqual(ADA)
    expect(performance.now() - startMs).toBeGreaterThan(2900)
    // The first server would delay it, too.
    expect(await within(authenticate('ada', ADAS_PASSWORD), 2900)).toEqual(ADA)
    second.server.pause()
    expect(await authenticate('ada', ADAS_PASSWORD)).toMatchObject({
      status: 'unavailable',
      cause: expect.stringContaining('no answer within 3000 ms'),
    })
    second.server.resume()
    first.server.resume()
  })

  test('a bounded number of logins waits for the directory', async () => {
    const { ldap, server } = await startSlapd()
    const authenticate = authenticateBy({ urls: [ldap], timeoutMs: 400, connections: 2, waiting: 1 })
    server.pause()
    const answers = await Promise.all(Array.from({ length: 6 }, () => authenticate('ada', ADAS_PASSWORD)))
    server.resume()
    expect(answers.map(({ status }) => status).sort()).toEqual([
      ...Array(answers.filter(({ status }) => status === 'busy').length).fill('busy'),
      ...Array(answers.filter(({ status }) => status === 'unavailable').length).fill('unavailable'),
    ])
    expect(answers.filter(({ status }) => status === 'busy').length).toBeGreaterThanOrEqual(3)
    expect(answers.filter(({ status }) => status === 'unavailable').length).toBeGreaterThanOrEqual(2)
  })
})

describe('an untrusted directory server', () => {
  const asked = async (slapd: Slapd, changes: Record<string, unknown>, ca?: string) => {
    const relay = await startRelay(changes['startTls'] ? slapd.ldap : slapd.ldaps)
    const answer = await authenticateBy({ urls: [relay.url], ...changes }, ca)('ada', ADAS_PASSWORD)
    expect(relay.sent().includes(ADAS_PASSWORD)).toBe(false)
    expect(relay.sent().includes(READER.bindPassword)).toBe(false)
    return answer.status === 'unavailable' ? answer.cause : answer.status
  }

  test('a server with a certificate of another authority receives no password', async () => {
    const slapd = await startEncrypted()
    const other = await TestAuthority.create('dc2')
    for (const startTls of [false, true]) {
      expect(await asked(slapd, { startTls }, other.ca)).toMatch(/UNABLE_TO|SELF_SIGNED|SIGNATURE/)
    }
  })

  test('a server with a certificate for another address receives no password', async () => {
    const slapd = await startSlapd(await authority.host({ addresses: ['127.0.107.9'] }))
    for (const startTls of [false, true]) {
      expect(await asked(slapd, { startTls })).toContain('ERR_TLS_CERT_ALTNAME_INVALID')
    }
  })

  test('a server that refuses StartTLS receives no password', async () => {
    expect(await asked(await startSlapd(), { startTls: true })).toMatch(/StartTLS: LDAP result code \d+/)
  })

  test('a connection that is cut at any point accepts and refuses no login', async () => {
    const { ldap } = await startEncrypted()
    const answers: string[] = []
    for (let cutAfter = 1; cutAfter <= 12; cutAfter++) {
      const relay = await startRelay(ldap, cutAfter)
      const authenticate = authenticateBy({ urls: [relay.url], startTls: true, timeoutMs: 1000 })
      answers.push((await authenticate('ada', ADAS_PASSWORD)).status)
      expect(relay.sent().includes(ADAS_PASSWORD)).toBe(false)
      expect(relay.sent().includes(READER.bindPassword)).toBe(false)
    }
    expect(answers[0]).toBe('unavailable')
    expect(new Set(answers)).toEqual(new Set(['unavailable', 'accepted']))
  })
})

// INV-GATEWAY-10.
test('a connection that ended is not opened again, because the search would be anonymous', async () => {
  const { ldaps } = await startEncrypted()
  const relay = await startRelay(ldaps)
  const access = { startTls: false, ca: authority.ca, timeoutMs: 2000 }
  const asked = withServer(relay.url, access, async (client) => {
    await client.bind(READER.bindDn, READER.bindPassword)
    relay.cut()
    while (client.isConnected) await new Promise((resolve) => setTimeout(resolve, 5))
    return await client.search(PEOPLE, { filter: '(uid=ada)' })
  })
  await expect(asked).rejects.toThrow(`${relay.url}, connecting: the server closed the connection`)
  expect(relay.connections()).toBe(1)
})

describe('a gateway with a directory', () => {
  async function startWithDirectory(slapd: Slapd) {
    const caFile = path.join(await temporaryFolder(), 'ca.crt')
    await writeFile(caFile, authority.ca)
    const ldap = { ...READER, urls: [slapd.ldaps], caFile, users: { base: PEOPLE }, timeoutMs: 700 }
    return await startGateway({ config: { identities: { ldap } } })
  }

  test('a gateway logs in users of the directory and of the users file', async () => {
    const gateway = await startWithDirectory(await startEncrypted())
    const logIn = (username: string, password: string) => gateway.post('/login', { username, password })
    // `ada` is in both.
    expect((await logIn('ada', ADAS_PASSWORD)).status).toBe(401)
    expect((await logIn('ada', PASSWORD)).status).toBe(200)
    // The directory would read this name as `ada`, which is a user of the file.
    const taken = await logIn('ADA', ADAS_PASSWORD)
    expect([taken.status, await codeOf(taken)]).toEqual([401, 'INVALID_CREDENTIALS'])
    expect(gateway.log()).toContain('name-taken')
    expect(gateway.log()).not.toContain(ADAS_PASSWORD)
  })

  // INV-GATEWAY-9.
  test('a directory user whose name differs only in case from one of the users file cannot log in', async () => {
    const gateway = await startWithDirectory(await startEncrypted())
    await removeUsers(gateway.usersFile, ['ada'])
    await addUser(gateway.usersFile, 'ADA', PASSWORD)
    const taken = await gateway.post('/login', { username: 'ada', password: ADAS_PASSWORD })
    expect([taken.status, await codeOf(taken)]).toEqual([401, 'INVALID_CREDENTIALS'])
    expect(gateway.log()).toContain('name-taken')
    await removeUsers(gateway.usersFile, ['ADA'])
    const login = await gateway.post('/login', { username: 'ada', password: ADAS_PASSWORD })
    expect(login.status).toBe(200)
  })

  // INV-GATEWAY-8.
  test('a gateway answers 503 while the directory is down, and users of the file still log in', async () => {
    const slapd = await startEncrypted()
    const gateway = await startWithDirectory(slapd)
    await slapd.server.kill()
    const response = await gateway.post('/login', { username: 'grace', password: ADAS_PASSWORD })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await codeOf(response)).toBe('IDENTITIES_UNAVAILABLE')
    expect(gateway.log()).toContain('"event":"directory-away"')
    const token = await gateway.logIn()
    expect((await gateway.get('/session', asBearer(token))).status).toBe(200)
  })

  test('a gateway without a users file puts the data of the directory into the session', async () => {
    const slapd = await startEncrypted()
    const caFile = path.join(await temporaryFolder(), 'ca.crt')
    await writeFile(caFile, authority.ca)
    const ldap = { ...READER, urls: [slapd.ldaps], caFile, users: { base: PEOPLE } }
    const gateway = await startGateway({ config: { usersFile: undefined, identities: { ldap } } })
    await addUser(gateway.usersFile, 'grace', PASSWORD)
    expect((await gateway.post('/login', { username: 'grace', password: PASSWORD })).status).toBe(401)
    const login = await gateway.post('/login', { username: 'ada', password: ADAS_PASSWORD })
    expect(await bodyOf(login)).toMatchObject({
      subject: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      groups: ['staff'],
    })
  })
})
