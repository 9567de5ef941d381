import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { RedisGroup, type ServerTls, TestAuthority } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { addUser } from '../src/index.ts'
import { GatewayProcess, until } from './gateway-process.ts'
import { asCookie, bodyOf, HOST, KEYRING, NOBODY, PASSWORD, rawConfig, temporaryFolder } from './support.ts'

const group = groupOfThisFile()

const storeOf = (overrides: Record<string, unknown> = {}) => ({
  ...group().access,
  keyring: KEYRING,
  ...overrides,
})

async function startProcess(name: string, store = storeOf()): Promise<GatewayProcess> {
  const folder = await temporaryFolder()
  const usersFile = path.join(folder, 'users.json')
  await addUser(usersFile, 'ada', PASSWORD)
  const file = path.join(folder, 'gateway.json')
  await writeFile(file, JSON.stringify(rawConfig({ name, usersFile, store })), { mode: 0o600 })
  return new GatewayProcess(file)
}

async function startReady(name: string) {
  const running = await startProcess(name)
  const url = await running.url()
  await until(async () => (await fetch(`${url}/readyz`)).ok)
  return { running, url }
}

const statusOf = async (url: string, token: string) =>
  (await fetch(`${url}/verify`, { headers: asCookie(token) })).status

async function logIn(url: string): Promise<string> {
  const body = JSON.stringify({ username: 'ada', password: PASSWORD, response_type: 'token' })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/login`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  return String((await bodyOf(response))['token'])
}

test('SIGTERM ends a gateway with exit code 0', async () => {
  const { running } = await startReady('gateway-1')
  running.process.kill('SIGTERM')
  expect(await running.ended()).toBe(0)
})

test('a gateway with a wrong Redis password ends with one clear sentence', async () => {
  const running = await startProcess('gateway-1', storeOf({ password: 'not-the-password' }))
  expect(await running.ended()).toBe(1)
  expect(running.output).toMatch(/AUTH_FAILED .*127\.0\.0\.1:\d+/)
  expect(running.output).not.toContain('not-the-password')
})

test('a gateway with a Redis in its list of Sentinels ends with one clear sentence', async () => {
  const sentinels = group().redis.map(({ address }) => address)
  const running = await startProcess('gateway-1', storeOf({ sentinels }))
  expect(await running.ended()).toBe(1)
  expect(running.output).toMatch(/UNSUPPORTED_SERVER .*127\.0\.0\.1:\d+ is a Redis, not a Sentinel/)
})

describe('a gateway with TLS', () => {
  let encrypted: RedisGroup
  let authority: TestAuthority
  beforeAll(async () => {
    authority = await TestAuthority.create('dc1')
    encrypted = await RedisGroup.start({ tls: await authority.host() })
  })
  afterAll(() => encrypted?.stop())

  async function encryptedStore({ ca, cert, key }: ServerTls, keyMode = 0o600) {
    const folder = await temporaryFolder()
    const tls = {
      caFile: `${folder}/ca.crt`,
      certFile: `${folder}/gateway.crt`,
      keyFile: `${folder}/gateway.key`,
    }
    await Promise.all([
      writeFile(tls.caFile, ca),
      writeFile(tls.certFile, cert),
      writeFile(tls.keyFile, key, { mode: keyMode }),
    ])
    return storeOf({ sentinels: encrypted.sentinels.map(({ address }) => address), tls })
  }

  test('a gateway with TLS logs users in and verifies tokens', async () => {
    const running = await startProcess('gateway-1', await encryptedStore(await authority.application()))
    const url = await running.url()
    await until(async () => (await fetch(`${url}/readyz`)).ok)
    expect(await statusOf(url, await logIn(url))).toBe(200)
  })

  test('a gateway with certificates of another data centre ends with one clear sentence', async () => {
    const other = await TestAuthority.create('dc2')
    const running = await startProcess('gateway-1', await encryptedStore(await other.application()))
    expect(await running.ended()).toBe(1)
    expect(running.output).toMatch(
      /TLS_FAILED The certificate of 127\.0\.0\.1:\d+ is not signed by "Holdfast authority of dc2"\./,
    )
  })

  test('a gateway with a key that other users may read ends with one clear sentence', async () => {
    const running = await startProcess(
      'gateway-1',
      await encryptedStore(await authority.application(), 0o644),
    )
    expect(await running.ended()).toBe(1)
    expect(running.output).toMatch(
      /FILE_UNUSABLE The private key .*gateway\.key is accessible to other users/,
    )
  })
})

test('a gateway starts and keeps running while no Sentinel is reachable, and reports why it is not ready', async () => {
  const running = await startProcess('gateway-1', storeOf({ sentinels: [NOBODY], writeTimeoutMs: 300 }))
  const url = await running.url()
  const ready = await fetch(`${url}/readyz`)
  expect([ready.status, (await bodyOf(ready))['ready']]).toEqual([503, false])
  await until(() => running.output.includes('store-not-ready'))
  expect((await fetch(`${url}/livez`)).status).toBe(200)
})

test('a login at one gateway is valid at another, also after the primary dies', async () => {
  const [first, second] = await Promise.all([startReady('gateway-1'), startReady('gateway-2')])
  const [kept, ended] = [await logIn(first.url), await logIn(first.url)]
  expect(await statusOf(second.url, kept)).toBe(200)
  await fetch(`${second.url}/logout`, { method: 'POST', headers: asCookie(ended) })
  expect(await statusOf(first.url, ended)).toBe(401)

  const primary = await group().primary()
  await primary.kill()
  onTestFinished(async () => {
    await primary.start()
    await group().untilHealthy()
  })
  const login = logIn(second.url)
  let waiting = true
  const answers: number[] = []
  const ready: number[] = []
  const watch = (async () => {
    while (waiting) {
      answers.push(await statusOf(first.url, kept), await statusOf(second.url, kept))
      ready.push((await fetch(`${first.url}/readyz`)).status, (await fetch(`${second.url}/readyz`)).status)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  const during = await login
  waiting = false
  await watch
  const logs = first.running.output + second.running.output
  expect(answers.length).toBeGreaterThan(20)
  expect(new Set(answers), logs).toEqual(new Set([200]))
  expect(new Set(ready), logs).toEqual(new Set([200]))

  for (const { url } of [first, second]) {
    expect(await statusOf(url, kept)).toBe(200)
    expect(await statusOf(url, during)).toBe(200)
    expect(await statusOf(url, ended)).toBe(401)
  }
}, 60_000)

test('a gateway answers 503 while two of three Redis are down, and 200 again afterwards', async () => {
  const { url } = await startReady('gateway-1')
  const token = await logIn(url)
  const gone = [await group().primary(), (await group().replicas())[0]].filter(
    (server) => server !== undefined,
  )
  for (const server of gone) server.pause()
  onTestFinished(async () => {
    for (const server of gone) server.resume()
    await group().untilHealthy()
  })
  const response = await until(async () => {
    const answer = await fetch(`${url}/session`, { headers: asCookie(token) })
    expect([200, 503]).toContain(answer.status)
    return answer.status === 503 && answer
  })
  expect(response.headers.getSetCookie()).toEqual([])
  expect(response.headers.get('retry-after')).toBe('1')
  for (const server of gone) server.resume()
  await until(async () => (await statusOf(url, token)) === 200)
}, 60_000)

test('a gateway with an invalid configuration ends with one clear sentence', async () => {
  const file = path.join(await temporaryFolder(), 'gateway.json')
  const raw = rawConfig({ listen: { host: HOST, port: 'http' } })
  await writeFile(file, JSON.stringify(raw), { mode: 0o600 })
  const running = new GatewayProcess(file)
  expect(await running.ended()).toBe(1)
  expect(running.output).toBe(
    `CONFIG_INVALID The configuration file ${file} cannot be used. \`listen.port\` must be a whole number from 0 to 65535.\n`,
  )
})
