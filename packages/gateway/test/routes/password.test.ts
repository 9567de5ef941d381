import { readFile, rename, writeFile } from 'node:fs/promises'
import { StoreUnavailableError } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { setPassword, temporaryUntil } from '../../src/users/edit.ts'
import {
  asBearer,
  asCookie,
  bodyOf,
  codeOf,
  memoryStore,
  PASSWORD,
  type Running,
  startGateway,
} from '../support.ts'

const NEW_PASSWORD = 'a violet engine of thought'

const change = (gateway: Running, fields: Record<string, unknown> = {}, headers = {}) =>
  gateway.post(
    '/password',
    { username: 'ada', password: PASSWORD, new_password: NEW_PASSWORD, ...fields },
    headers,
  )

/** A gateway whose users may change their passwords. */
const startChanging = ({ store, config }: Parameters<typeof startGateway>[0] = {}) =>
  startGateway({ ...(store && { store }), config: { identities: { changePasswords: true }, ...config } })

const initial = (nowMs = Date.now()) => ({ temporaryUntil: temporaryUntil(nowMs) })

const passwordChanges = (gateway: Running) =>
  gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"password-change"'))
    .map((line) => JSON.parse(line))

const isActive = async (gateway: Running, token: string) =>
  (await gateway.get('/session', asBearer(token))).status === 200

// INV-GATEWAY-38.
test('a user changes the password: it is a login with the new one, all other sessions end, and the audit log has it', async () => {
  const gateway = await startChanging()
  const [own, other] = [await gateway.logIn(), await gateway.logIn()]
  const answer = await change(gateway, { response_type: 'token' }, asBearer(own))
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
  const { token, subject } = await bodyOf(answer)
  expect(subject).toBe('ada')
  expect([await isActive(gateway, own), await isActive(gateway, other)]).toEqual([false, false])
  expect(await isActive(gateway, String(token))).toBe(true)
  expect((await gateway.post('/login', { username: 'ada', password: PASSWORD })).status).toBe(401)
  expect((await gateway.post('/login', { username: 'ada', password: NEW_PASSWORD })).status).toBe(200)
  expect(passwordChanges(gateway)).toMatchObject([
    { subject: 'ada', outcome: 'ended', sessions: { length: 2 } },
  ])
  for (const secret of [PASSWORD, NEW_PASSWORD]) expect(gateway.log()).not.toContain(secret)
})

test('a wrong old password changes nothing, and counts within the limits of logins', async () => {
  const gateway = await startChanging({ config: { loginLimits: { perAccountAndAddress: 3, pauseAfter: 3 } } })
  const token = await gateway.logIn()
  for (let attempt = 0; attempt < 2; attempt++) {
    const wrong = await change(gateway, { password: 'wrong' })
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, 'INVALID_CREDENTIALS'])
  }
  expect((await gateway.post('/login', { username: 'ada', password: 'wrong' })).status).toBe(401)
  const limited = await change(gateway)
  expect([limited.status, await codeOf(limited)]).toEqual([429, 'TOO_MANY_ATTEMPTS'])
  expect(await isActive(gateway, token)).toBe(true)
  expect(passwordChanges(gateway)).toEqual([])
})

test('a new password that is weak, the old one or mistyped is refused with its reason, and the sessions stay', async () => {
  const gateway = await startChanging()
  const token = await gateway.logIn()
  for (const [fields, reason] of [
    [{ new_password: 'password1234' }, 'must not consist of'],
    [{ new_password: 'letmein12345' }, 'easy to guess'],
    [{ new_password: PASSWORD }, 'must differ from the current one'],
    [{ repeated_password: `${NEW_PASSWORD}!` }, 'The two new passwords differ'],
  ] as const) {
    const answer = await change(gateway, fields)
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: { code: 'PASSWORD_REJECTED', message: expect.stringContaining(reason) } },
    ])
  }
  const incomplete = await gateway.post('/password', { username: 'ada', password: PASSWORD })
  expect([incomplete.status, await codeOf(incomplete)]).toEqual([400, 'INVALID_REQUEST'])
  expect(await isActive(gateway, token)).toBe(true)
  expect((await gateway.post('/login', { username: 'ada', password: PASSWORD })).status).toBe(200)
})

// Chrome applies `form-action` to the redirect that answers the form.
test('the form may lead to the allowed origin of its own return address, and to no other one', async () => {
  const returnOrigins = ['https://app.example.org', 'https://other.example.org']
  const gateway = await startChanging({ config: { returnOrigins } })
  const formActionOf = async (returnTo: string) => {
    const { headers } = await gateway.get(`/password?return_to=${encodeURIComponent(returnTo)}`)
    return /form-action ([^;]+)/.exec(headers.get('content-security-policy') ?? '')?.[1]
  }
  expect(await formActionOf('https://app.example.org/x')).toBe("'self' https://app.example.org")
  expect(await formActionOf('https://evil.example/x')).toBe("'self'")
  expect(await formActionOf('/x')).toBe("'self'")
})

test('a change from a page of this host that was opened by http:// is told to use https://', async () => {
  const gateway = await startChanging({ config: { secureCookies: true, trustedProxies: ['127.0.0.0/8'] } })
  const headers = { 'x-forwarded-host': 'app.example.org', origin: 'http://app.example.org' }
  const answer = await change(gateway, {}, headers)
  expect([answer.status, await codeOf(answer)]).toEqual([403, 'INSECURE_PAGE'])
})

test('a change that a page of another site sends is refused', async () => {
  const gateway = await startChanging()
  const answer = await change(gateway, {}, { 'sec-fetch-site': 'cross-site' })
  expect([answer.status, await codeOf(answer)]).toEqual([403, 'CROSS_SITE'])
  const byOrigin = await change(gateway, {}, { origin: 'https://evil.example' })
  expect(await codeOf(byOrigin)).toBe('CROSS_SITE')
  expect((await gateway.post('/login', { username: 'ada', password: PASSWORD })).status).toBe(200)
})

test('an initial password leads only to the change of the password', async () => {
  const gateway = await startChanging()
  await setPassword(gateway.usersFile, 'ada', PASSWORD, initial())
  const login = await gateway.post('/login', { username: 'ada', password: PASSWORD })
  expect([login.status, await codeOf(login)]).toEqual([403, 'PASSWORD_CHANGE_REQUIRED'])
  expect(login.headers.getSetCookie()).toEqual([])
  expect((await gateway.post('/login', { username: 'ada', password: 'wrong' })).status).toBe(401)
  const page = await gateway.postForm(
    '/login',
    { username: 'Ada ', password: PASSWORD, return_to: '/reports' },
    { accept: 'text/html' },
  )
  const text = await page.text()
  expect(page.status).toBe(403)
  expect(text).toContain('action="/password"')
  expect(text).toContain('name="username" value="ada"')
  expect(text).toContain('name="return_to" value="/reports"')
  const fields = {
    username: 'ada',
    password: PASSWORD,
    new_password: NEW_PASSWORD,
    repeated_password: NEW_PASSWORD,
  }
  const changed = await gateway.postForm('/password', { ...fields, return_to: '/reports' })
  expect([changed.status, changed.headers.get('location')]).toEqual([303, '/reports'])
  expect(changed.headers.getSetCookie()[0]).toMatch(/^holdfast=hf_/)
  expect((await gateway.post('/login', { username: 'ada', password: NEW_PASSWORD })).status).toBe(200)
  expect(await readFile(gateway.usersFile, 'utf8')).not.toContain('temporaryUntil')
})

test('an initial password that is too old logs no user in and cannot be changed', async () => {
  const gateway = await startChanging()
  await setPassword(gateway.usersFile, 'ada', PASSWORD, {
    temporaryUntil: new Date(Date.now() - 1).toISOString(),
  })
  for (const answer of [
    await gateway.post('/login', { username: 'ada', password: PASSWORD }),
    await change(gateway),
  ]) {
    expect([answer.status, await codeOf(answer)]).toEqual([401, 'INVALID_CREDENTIALS'])
  }
  expect(gateway.log()).toContain('"reason":"password-expired"')
})

test('a gateway that may not change passwords says so, offers no page, and does not let an initial password in', async () => {
  const notConfigured = await startGateway()
  const withoutFile = await startChanging()
  for (const gateway of [notConfigured, withoutFile]) {
    const token = await gateway.logIn()
    const isLost = gateway === withoutFile
    const pages = async () => [
      await (await gateway.get('/', asCookie(token))).text(),
      await (await gateway.get('/sessions', { ...asCookie(token), accept: 'text/html' })).text(),
    ]
    for (const page of await pages()) expect(page.includes('href="/password"')).toBe(isLost)
    if (isLost) await rename(gateway.usersFile, `${gateway.usersFile}.away`)
    for (const page of await pages()) expect(page).not.toContain('href="/password"')
    for (const answer of [await gateway.get('/password', asCookie(token)), await change(gateway)]) {
      expect([answer.status, await codeOf(answer)]).toEqual([403, 'NO_PASSWORD_CHANGE'])
    }
  }
  await setPassword(notConfigured.usersFile, 'ada', PASSWORD, initial())
  const page = await notConfigured.postForm(
    '/login',
    { username: 'ada', password: PASSWORD },
    { accept: 'text/html' },
  )
  expect(page.status).toBe(403)
  expect(await page.text()).toContain('Ask the operator of this service for another password')
})

test('a change that cannot be written answers 503, and the old password stays valid', async () => {
  const gateway = await startChanging()
  const token = await gateway.logIn()
  await writeFile(gateway.usersFile, 'not JSON')
  const answer = await change(gateway)
  expect([answer.status, await codeOf(answer)]).toEqual([503, 'PASSWORD_NOT_CHANGED'])
  expect(await isActive(gateway, token)).toBe(true)
  expect((await gateway.post('/login', { username: 'ada', password: PASSWORD })).status).toBe(200)
  expect(gateway.log()).toContain('"event":"password-not-changed"')
})

test('a change whose end of the sessions is not acknowledged says so and starts no session', async () => {
  const store = memoryStore()
  const gateway = await startChanging({ store })
  await gateway.logIn()
  store.revokeSubject = () => Promise.reject(new StoreUnavailableError('no answer'))
  const answer = await change(gateway)
  expect([answer.status, await codeOf(answer)]).toEqual([503, 'SESSIONS_NOT_ENDED'])
  expect(answer.headers.getSetCookie()).toEqual([])
  expect(passwordChanges(gateway)).toMatchObject([{ subject: 'ada', outcome: 'unknown' }])
  expect((await gateway.post('/login', { username: 'ada', password: NEW_PASSWORD })).status).toBe(200)
})

test('the page is not offered to a user of a directory or a provider', async () => {
  const gateway = await startChanging()
  const { token } = await gateway.store.issue({ subject: 'oidc:grace' })
  expect(await (await gateway.get('/', asCookie(token))).text()).not.toContain('href="/password"')
  const answer = await gateway.get('/password', asCookie(token))
  expect([answer.status, await codeOf(answer)]).toEqual([403, 'NO_PASSWORD_CHANGE'])
})
