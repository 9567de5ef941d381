import { expect, test } from 'vitest'
import { loggableError } from '../../src/base/log.ts'
import {
  asBearer,
  asCookie,
  awayStore,
  bodyOf,
  PASSWORD,
  type Running,
  sendRaw,
  startGateway,
} from '../support.ts'

/** All parts of a secret that are long enough to be useful or recognisable. */
function* pieces(secret: string, length = 8) {
  for (let at = 0; at + length <= secret.length; at++) yield secret.slice(at, at + length)
}

async function tryEverything(gateway: Running, token: string): Promise<void> {
  const mistyped = `${token.slice(0, -1)}_`
  for (const credential of [asCookie(token), asBearer(token), asBearer(mistyped), asCookie(mistyped)]) {
    await gateway.get('/verify', credential)
    await gateway.get('/session', credential)
    await gateway.get('/', { ...credential, accept: 'text/html' })
  }
  await gateway.get(`/${token}`, { accept: 'text/html' })
  await gateway.get(`/session?access_token=${token}`)
  await gateway.get(`/%zz${token}`)
  await gateway.post('/login', { username: 'ada', password: 'wrong-but-secret-all-the-same' })
  await gateway.post('/login', { username: PASSWORD, password: PASSWORD })
  await gateway.postForm('/login', { username: 'ada', password: PASSWORD }, asCookie(token))
  await gateway.postForm(
    '/login',
    { username: 'ada', password: PASSWORD },
    { origin: 'https://evil.example' },
  )
  await gateway.post('/login', { token, username: [token], password: PASSWORD })
  for (const type of ['application/json', 'text/plain', `x/${token}`]) {
    await fetch(`${gateway.url}/login`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: `{${token} ${PASSWORD}`,
    })
  }
  await fetch(`${gateway.url}/${token}`, { method: 'PUT', body: PASSWORD })
  await sendRaw(
    gateway.port,
    `GET /${token} HTTP/1.1\r\nHost: x\r\nCookie: holdfast=${token}\r\nX: ${'a'.repeat(70_000)}\r\n\r\n`,
  )
  await sendRaw(gateway.port, `${token} ${PASSWORD}\r\n\r\n`)
  await gateway.post('/logout', undefined, asCookie(token))
  await gateway.post('/logout', undefined, asBearer(mistyped))
}

const ADA = { username: 'ada', password: PASSWORD, response_type: 'token' }

// INV-GATEWAY-32.
test('the log never contains a token, a password or a part of one, with and without a working store', async () => {
  const working = await startGateway()
  const away = await startGateway({ store: awayStore() })
  const login = await working.post('/login', ADA)
  const { token, id } = (await bodyOf(login)) as { token: string; id: string }
  await tryEverything(working, token)
  await tryEverything(away, token)
  const log = working.log() + away.log()
  expect(log).toContain(`"session":"${id}"`)
  expect(log).toContain('store-trouble')
  expect(log).toContain('verify-unavailable')
  for (const secret of [token, PASSWORD, 'wrong-but-secret-all-the-same']) {
    expect([...pieces(secret)].filter((piece) => log.includes(piece))).toEqual([])
  }
  expect(log).not.toMatch(/hf_|argon2|authorization|cookie/i)
}, 60_000)

test('the log has one line per login, refused login and logout, with the public id and the UTC time', async () => {
  const gateway = await startGateway()
  const login = await gateway.post('/login', ADA)
  const { token, id } = (await bodyOf(login)) as { token: string; id: string }
  await gateway.post('/login', { username: 'ada', password: 'wrong' })
  await gateway.post('/login', { username: 'nobody', password: 'wrong' })
  await gateway.post('/logout', undefined, asBearer(token))
  const lines = gateway
    .log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event)
  const common = { server: 'gateway-1', dataCentre: 'dc1', time: expect.stringMatching(/^\d{4}-.*T.*Z$/) }
  expect(lines).toMatchObject([
    { ...common, event: 'login', subject: 'ada', session: id, method: 'password' },
    { ...common, event: 'login-refused', subject: 'ada', reason: 'wrong-password' },
    { ...common, event: 'login-refused', subject: null, reason: 'unknown-user' },
    { ...common, event: 'logout', session: id, revoked: true, why: 'asked' },
  ])
})

test('the log omits the message of a foreign error, which may quote a request', () => {
  const secret = 'hf_a-secret'
  const error = new TypeError(`first line ${secret}\nsecond line ${secret}`)
  const logged = loggableError(error)
  expect(JSON.stringify(logged)).not.toContain(secret)
  expect(logged).toMatchObject({ type: 'TypeError', stack: expect.stringContaining('log.test.ts') })
})
