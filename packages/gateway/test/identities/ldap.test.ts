import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { TestAuthority } from '@holdfast/testing'
import { within } from '@holdfast/testing/within'
import { beforeAll, describe, expect, test } from 'vitest'
import { createLdapAuthenticate, type OpenLdapConfig } from '../../src/identities/ldap/authenticate.ts'
import { withServer } from '../../src/identities/ldap/connection.ts'
import { groupsToKeep } from '../../src/identities/open.ts'
import { addUser, parseGatewayConfig, removeUsers } from '../../src/index.ts'
import { asBearer, bodyOf, codeOf, PASSWORD, rawConfig, startGateway, temporaryFolder } from '../support.ts'
import {
  ADAS_PASSWORD,
  GROUPS,
  ODD_NAMES,
  PEOPLE,
  READER,
  type Slapd,
  startRelay,
  startSlapd,
} from './slapd.ts'

const ADDRESSES = { addresses: ['127.0.107.1'] }
const ADA = {
  status: 'accepted',
  method: 'ldap',
  identity: {
    subject: 'ada',
    name: 'Ada Lovelace',
    email: 'ada@example.org',
    groups: expect.arrayContaining(['staff', 'Engines, analytical']),
  },
  // A group outside of `groups.base` that took the name of another one.
  omitted: [`cn=admins,ou=first,${PEOPLE}`],
}
const MEMBER_OF = { base: GROUPS, by: 'memberOf' }

let authority: TestAuthority
beforeAll(async () => {
  authority = await TestAuthority.create()
})
const startEncrypted = async () => startSlapd(await authority.host(ADDRESSES))

function configOf(changes: Record<string, unknown>): OpenLdapConfig {
  const ldap = { ...READER, users: { base: PEOPLE }, groups: MEMBER_OF, timeoutMs: 2000, ...changes }
  // As in a file: without undefined values.
  const raw = JSON.parse(JSON.stringify(rawConfig({ identities: { ldap } })))
  const config = parseGatewayConfig(raw).identities.ldap
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

  test('people with apostrophes, blanks and signs in their names log in, and not as a user of no directory', async () => {
    const authenticate = authenticateBy({ urls: [(await startSlapd()).ldap] })
    for (const name of ODD_NAMES) {
      const answer = await authenticate(name, ADAS_PASSWORD)
      const accepted = { status: 'accepted', identity: { subject: name } }
      const refused = { status: 'refused', reason: 'unusable-identity', subject: name }
      expect(answer).toMatchObject(name.startsWith('holdfast:') ? refused : accepted)
      expect(await authenticate(name, 'wrong')).toMatchObject({ status: 'refused' })
    }
  })

  test('a locked or inactive account is refused on one server, and is not an outage of the directory', async () => {
    const { ldap } = await startSlapd()
    const other = await startRelay(ldap)
    for (const bindResult of [19, 50, 53]) {
      const relay = await startRelay(ldap, { bindResult })
      const authenticate = authenticateBy({ urls: [relay.url, other.url] })
      expect(await authenticate('ada', 'wrong')).toEqual({
        status: 'refused',
        reason: 'account-restricted',
        subject: 'ada',
        detail: `The directory refused the bind of the user with LDAP result code ${bindResult}.`,
      })
      // A directory that answers so to every bind must not reveal which names exist.
      expect(await authenticate('nobody', 'wrong')).toEqual({ status: 'refused', reason: 'unknown-user' })
    }
    expect(other.connections()).toBe(0)
  })

  test('without `groups` no group counts, and a directory that returns a part of the groups refuses the login', async () => {
    const { ldap } = await startSlapd(undefined, { sizeLimit: 1 })
    const bySearch = authenticateBy({ urls: [ldap], groups: { base: GROUPS } })
    expect(await bySearch('ada', ADAS_PASSWORD)).toMatchObject({ reason: 'too-many-groups', subject: 'ada' })
    expect(await bySearch('ada', 'wrong')).toMatchObject({ reason: 'wrong-password' })
    expect(await bySearch('grace', ADAS_PASSWORD)).toMatchObject({ reason: 'wrong-password' })
    const withoutGroups = await authenticateBy({ urls: [ldap], groups: undefined })('ada', ADAS_PASSWORD)
    expect(withoutGroups).toMatchObject({ identity: { groups: [] }, omitted: { length: 3 } })
  })

  test('a directory returns the groups of a search over StartTLS, and no password is sent unencrypted', async () => {
    const { ldap } = await startEncrypted()
    const relay = await startRelay(ldap)
    const authenticate = authenticateBy({
      urls: [relay.url],
      startTls: true,
      groups: { base: GROUPS, filter: '(&(objectClass=groupOfNames)(member={dn}))' },
    })
    expect(await authenticate('ada', ADAS_PASSWORD)).toEqual({ ...ADA, omitted: [] })
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
      const relay = await startRelay(ldap, { cutAfter })
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
  async function startWithDirectory(slapd: Slapd, identities: Record<string, unknown> = {}) {
    const caFile = path.join(await temporaryFolder(), 'ca.crt')
    await writeFile(caFile, authority.ca)
    const users = { base: PEOPLE, filter: '(|(uid={name})(mail={name}))' }
    const ldap = { ...READER, urls: [slapd.ldaps], caFile, users, groups: MEMBER_OF, timeoutMs: 700 }
    return await startGateway({ config: { identities: { ldap, ...identities } } })
  }

  test('a gateway logs in users of the directory and of the users file', async () => {
    const gateway = await startWithDirectory(await startEncrypted())
    const logIn = (username: string, password: string) => gateway.post('/login', { username, password })
    // `ada` is in both.
    expect((await logIn('ada', ADAS_PASSWORD)).status).toBe(401)
    expect((await logIn('ada', PASSWORD)).status).toBe(200)
    // The directory finds `ada` by this address, and that is a user of the file.
    const taken = await logIn('ada@example.org', ADAS_PASSWORD)
    expect([taken.status, await codeOf(taken)]).toEqual([401, 'INVALID_CREDENTIALS'])
    expect(gateway.log()).toContain('name-taken')
    expect(gateway.log()).not.toContain(ADAS_PASSWORD)
  })

  // INV-GATEWAY-9.
  test('a directory user whose name differs only in case from one of the users file cannot log in', async () => {
    const gateway = await startWithDirectory(await startEncrypted())
    await removeUsers(gateway.usersFile, ['ada'])
    await addUser(gateway.usersFile, 'ADA', PASSWORD)
    const taken = await gateway.post('/login', { username: 'ada@example.org', password: ADAS_PASSWORD })
    expect([taken.status, await codeOf(taken)]).toEqual([401, 'INVALID_CREDENTIALS'])
    expect(gateway.log()).toContain('name-taken')
    await removeUsers(gateway.usersFile, ['ADA'])
    const login = await gateway.post('/login', { username: 'ada', password: ADAS_PASSWORD })
    expect(login.status).toBe(200)
  })

  test('a restricted account and a user of the provider get the answer of a wrong password', async () => {
    const oidc = { issuer: 'http://127.0.0.1:1', clientId: 'holdfast', publicUrl: 'http://127.0.0.1:8080' }
    const slapd = await startEncrypted()
    const relay = await startRelay(slapd.ldap, { bindResult: 53 })
    const gateway = await startWithDirectory({ ...slapd, ldaps: relay.url }, { oidc })
    const logIn = (username: string, password: string) => gateway.post('/login', { username, password })
    const wrong = await logIn('nobody', 'wrong')
    const asWrong = [wrong.status, await wrong.json()]
    for (const [username, password, reason] of [
      ["o'brien", 'wrong', 'account-restricted'],
      ['oidc:eve', ADAS_PASSWORD, 'name-taken'],
    ] as const) {
      const answer = await logIn(username, password)
      expect([answer.status, await answer.json()]).toEqual(asWrong)
      expect(gateway.log()).toContain(`"subject":"${username}","reason":"${reason}"`)
    }
    expect(gateway.log()).toContain('LDAP result code 53')
    expect(gateway.log()).not.toContain('directory-away')
    // Counted as a failed attempt: after five of them the limits require a pause.
    for (let attempt = 0; attempt < 4; attempt++) await logIn("o'brien", 'wrong')
    const paused = await logIn("o'brien", 'wrong')
    expect([paused.status, await codeOf(paused)]).toEqual([429, 'TOO_MANY_ATTEMPTS'])
    const anne = { username: 'anne marie', password: ADAS_PASSWORD, response_type: 'token' }
    const { token } = await bodyOf(await gateway.post('/login', anne))
    const session = await gateway.get('/session', asBearer(String(token)))
    expect(session.headers.get('x-auth-request-user')).toBe('anne%20marie')
  })

  test('the log names groups that a session does not carry, and `in-rules` keeps only those of the rules', async () => {
    const slapd = await startEncrypted()
    const gateway = await startWithDirectory(slapd)
    await removeUsers(gateway.usersFile, ['ada'])
    expect((await gateway.post('/login', { username: 'ada', password: ADAS_PASSWORD })).status).toBe(200)
    expect(gateway.log()).toContain(`"event":"groups-omitted","subject":"ada","groups":["cn=admins,ou=first`)
    const config = parseGatewayConfig(
      rawConfig({
        identities: { keepGroups: 'in-rules' },
        access: { rules: [{ path: '/a', groups: ['staff', 'x'] }], default: 'allow' },
      }),
    )
    expect(groupsToKeep(config)).toEqual(new Set(['staff', 'x']))
    expect(groupsToKeep({ ...config, identities: { keepGroups: 'all', changePasswords: false } })).toBeNull()
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
    const ldap = { ...READER, urls: [slapd.ldaps], caFile, users: { base: PEOPLE }, groups: { base: GROUPS } }
    const gateway = await startGateway({ config: { usersFile: undefined, identities: { ldap } } })
    await addUser(gateway.usersFile, 'grace', PASSWORD)
    expect((await gateway.post('/login', { username: 'grace', password: PASSWORD })).status).toBe(401)
    const login = await gateway.post('/login', { username: 'ada', password: ADAS_PASSWORD })
    expect(await bodyOf(login)).toMatchObject({
      subject: 'ada',
      name: 'Ada Lovelace',
      email: 'ada@example.org',
      groups: expect.arrayContaining(['staff', 'Engines, analytical']),
    })
  })
})
