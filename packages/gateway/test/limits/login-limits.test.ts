import { expect, test } from 'vitest'
import { addUser } from '../../src/index.ts'
import { awayStore, codeOf, memoryStore, PASSWORD, type Running, startGateway } from '../support.ts'
import { cookiesOf, hashesIn, tryPassword } from './clients.ts'

const wrong = (username = 'ada') => ({ username, password: 'wrong' })
const right = { username: 'ada', password: PASSWORD }
const strict = { pauseAfter: 1000 }

async function gatewayWith(loginLimits: Record<string, unknown>): Promise<Running> {
  return startGateway({ config: { loginLimits } })
}

// INV-GATEWAY-1.
test('no password is checked beyond the limit for one account from one address', async () => {
  const gateway = await gatewayWith({ ...strict, perAccountAndAddress: 3 })
  for (let tries = 0; tries < 3; tries++) {
    expect((await tryPassword(gateway.url, wrong(), { last: 1 })).status).toBe(401)
  }
  for (const login of [wrong(), right]) {
    const refused = await tryPassword(gateway.url, login, { last: 1 })
    expect(refused.status).toBe(429)
    expect(Number(refused.headers['retry-after'])).toSatisfy((seconds) => seconds > 800 && seconds <= 900)
    expect(JSON.parse(refused.body)).toEqual({
      error: {
        code: 'TOO_MANY_ATTEMPTS',
        message: 'Too many login attempts. Wait 15 minutes before you try again.',
      },
    })
    expect(refused.headers['set-cookie']).toBeUndefined()
  }
  expect(hashesIn(gateway.log())).toBe(3)
  // Other addresses and other accounts are not affected.
  expect((await tryPassword(gateway.url, right, { last: 2 })).status).toBe(200)
  expect((await tryPassword(gateway.url, wrong('grace'), { last: 1 })).status).toBe(401)
})

// INV-GATEWAY-2.
test('other spellings of a name and unknown names are counted like known names', async () => {
  const gateway = await gatewayWith({ ...strict, perAccountAndAddress: 2 })
  for (const username of ['ADA', ' ada ']) await tryPassword(gateway.url, wrong(username), { last: 1 })
  expect((await tryPassword(gateway.url, wrong('ada'), { last: 1 })).status).toBe(429)
  const statuses: number[] = []
  for (let tries = 0; tries < 3; tries++) {
    statuses.push((await tryPassword(gateway.url, wrong('nobody'), { last: 1 })).status)
  }
  expect(statuses).toEqual([401, 401, 429])
})

test('each attempt after the first few must wait longer than the previous one', async () => {
  const gateway = await gatewayWith({ pauseAfter: 2, pauseMs: 60_000 })
  const answers = [1, 2, 3].map(() => tryPassword(gateway.url, wrong(), { last: 1 }))
  const statuses = (await Promise.all(answers)).map(({ status }) => status).sort()
  expect(statuses).toEqual([401, 401, 429])
  const refused = await tryPassword(gateway.url, right, { last: 1 })
  expect(Number(refused.headers['retry-after'])).toSatisfy((seconds) => seconds > 50 && seconds <= 60)
})

test('a correct password clears the previous attempts from the same address', async () => {
  const gateway = await gatewayWith({ ...strict, perAccountAndAddress: 3, perAddress: 4 })
  for (let round = 0; round < 3; round++) {
    await tryPassword(gateway.url, wrong(), { last: 1 })
    expect((await tryPassword(gateway.url, right, { last: 1 })).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  // The wrong passwords still count for the address: three of four.
  expect((await tryPassword(gateway.url, wrong('x'), { last: 1 })).status).toBe(401)
  expect((await tryPassword(gateway.url, wrong('y'), { last: 1 })).status).toBe(429)
})

test('one address is limited for all accounts, and one account for all addresses', async () => {
  const gateway = await gatewayWith({ ...strict, perAddress: 3, perAccount: 4 })
  const names = ['a', 'b', 'c', 'd']
  const statuses: number[] = []
  for (const name of names) statuses.push((await tryPassword(gateway.url, wrong(name), { last: 1 })).status)
  expect(statuses).toEqual([401, 401, 401, 429])
  const fromMany: number[] = []
  for (const last of [2, 3, 4, 5, 6]) {
    fromMany.push((await tryPassword(gateway.url, wrong(), { last })).status)
  }
  expect(fromMany).toEqual([401, 401, 401, 401, 429])
})

// INV-GATEWAY-3.
test('the owner can log in from a known browser while the account is under attack', async () => {
  const gateway = await gatewayWith({ ...strict, perAccount: 3, perAccountAndAddress: 2 })
  await addUser(gateway.usersFile, 'mallory', 'mallory has a password')
  const owner = cookiesOf(await tryPassword(gateway.url, right, { last: 1 }))
  const mallory = cookiesOf(
    await tryPassword(gateway.url, { username: 'mallory', password: 'mallory has a password' }, { last: 2 }),
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  for (const last of [3, 4, 5, 6]) await tryPassword(gateway.url, wrong(), { last })
  const from = (headers: Record<string, string>) => tryPassword(gateway.url, right, { last: 7, headers })
  expect((await from({})).status).toBe(429)
  // The cookie of another account, or a forged one, does not help.
  expect((await from(mallory)).status).toBe(429)
  expect((await from({ cookie: owner.cookie.replace(/.$/, '') })).status).toBe(429)
  expect((await from(owner)).status).toBe(200)
  // The attempts of a known browser are also limited.
  const statuses: number[] = []
  for (let tries = 0; tries < 3; tries++) {
    statuses.push((await tryPassword(gateway.url, wrong(), { last: 7, headers: owner })).status)
  }
  expect(statuses).toEqual([401, 401, 429])
})

test('no password is checked while the store is unavailable', async () => {
  const gateway = await startGateway({ store: awayStore() })
  for (const password of [PASSWORD, 'wrong']) {
    const response = await gateway.post('/login', { username: 'ada', password })
    expect([response.status, await codeOf(response)]).toEqual([503, 'STORE_UNAVAILABLE'])
  }
  expect(hashesIn(gateway.log())).toBe(0)
})

test('the log records a lockout once, without the typed name', async () => {
  const gateway = await gatewayWith({ ...strict, perAccountAndAddress: 1 })
  for (let tries = 0; tries < 5; tries++) {
    await tryPassword(gateway.url, wrong('s3cret-typed-as-a-name'), { last: 1 })
  }
  const lines = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"lock-out"'))
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    subject: null,
    remote: '127.0.109.1',
    reason: 'account-and-address',
  })
  expect(gateway.log()).not.toContain('s3cret')
})

test('two gateways with one store share the counts of login attempts', async () => {
  const store = memoryStore()
  const options = { store, config: { loginLimits: { ...strict, perAccount: 5 } } }
  const gateways = [await startGateway(options), await startGateway(options)]
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      tryPassword(gateways[index % 2]?.url ?? '', wrong(), { last: 1 + (index % 10) }),
    ),
  )
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(5)
})

test('the login page shows the reason and the time of a lockout', async () => {
  const gateway = await gatewayWith({ ...strict, perAccountAndAddress: 1, windowMs: 60_000 })
  const fields = { username: 'ada', password: 'wrong' }
  await gateway.postForm('/login', fields, { accept: 'text/html' })
  const page = await gateway.postForm('/login', fields, { accept: 'text/html' })
  expect(page.status).toBe(429)
  expect(await page.text()).toMatch(/role="alert">Too many login attempts\. Wait (59|60) seconds before/)
})

// INV-GATEWAY-35.
test('a refused attempt is answered from memory and does not ask the store', async () => {
  const store = memoryStore()
  let asked = 0
  const { take } = store.attempts
  store.attempts.take = (...args) => {
    asked++
    return take.apply(store.attempts, args)
  }
  const gateway = await startGateway({ store, config: { loginLimits: { ...strict, perAddress: 1 } } })
  const statuses: number[] = []
  for (let tries = 0; tries < 12; tries++) {
    statuses.push((await tryPassword(gateway.url, wrong(`user-${tries}`), { last: 1 })).status)
  }
  expect(statuses).toEqual([401, ...Array(11).fill(429)])
  // One attempt that was checked, one that the store refused, and one more if two seconds passed since.
  expect(asked).toBeLessThanOrEqual(3)
})
