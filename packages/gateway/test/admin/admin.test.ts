import { statSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { leaseNetwork } from '@holdfast/testing/leases'
import { expect, onTestFinished, test } from 'vitest'
import { createAdminToken, createGateway, parseGatewayConfig } from '../../src/index.ts'
import {
  asBearer,
  awayStore,
  memoryStore,
  PASSWORD,
  rawConfig,
  startGateway,
  temporaryFolder,
} from '../support.ts'

const reader = createAdminToken()
const changer = createAdminToken()
const HOST = `${await leaseNetwork()}.1`

async function startAdmin(
  options: { store?: ReturnType<typeof memoryStore>; clusterView?: () => Promise<unknown> } = {},
) {
  const { usersFile } = await startGateway()
  const lines: string[] = []
  const admin = {
    listen: { host: HOST, port: 0 },
    administrators: [
      { name: 'prometheus', tokenSha256: reader.tokenSha256 },
      { name: 'grace', tokenSha256: changer.tokenSha256, access: 'change' },
    ],
  }
  const store = options.store ?? memoryStore()
  const config = parseGatewayConfig(rawConfig({ usersFile, admin }))
  const gateway = await createGateway(config, store, {
    ...options,
    logStream: { write: (line) => lines.push(line) },
  })
  await gateway.listen()
  onTestFinished(() => gateway.close())
  const address = gateway.admin?.app.server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const ask = (to: string, token: string | null, method = 'GET') =>
    fetch(`http://${HOST}:${port}${to}`, { method, headers: token === null ? {} : asBearer(token) })
  return { gateway, store, ask, log: () => lines.join('') }
}

// INV-GATEWAY-23.
test('the admin API answers only 401, on every path, without a token or with a wrong one', async () => {
  const { ask, log } = await startAdmin()
  for (const to of [
    '/sessions?subject=ada',
    '/metrics',
    '/counts',
    '/cluster',
    '/openapi.json',
    '/nothing',
  ]) {
    for (const method of ['GET', 'PUT']) {
      expect((await ask(to, null, method)).status).toBe(401)
      expect((await ask(to, `${reader.token}x`, method)).status).toBe(401)
    }
  }
  expect((await ask('/nothing', reader.token)).status).toBe(404)
  expect((await ask('/counts', changer.token, 'PUT')).status).toBe(405)
  // One audit line a minute for an address, however many requests are refused.
  expect(log().split('"event":"administrator-refused","by":null')).toHaveLength(2)
})

test('the admin API refuses the session token of a user', async () => {
  const { ask, store } = await startAdmin()
  const { token } = await store.issue({ subject: 'ada' })
  expect((await ask('/sessions?subject=ada', token)).status).toBe(401)
})

test('the admin API lists and counts the sessions of a subject, without their tokens', async () => {
  const { ask, store } = await startAdmin()
  const first = await store.issue({ subject: 'ada/ü', device: 'phone' })
  await store.issue({ subject: 'ada/ü' })
  const response = await ask(`/sessions?subject=${encodeURIComponent('ada/ü')}`, reader.token)
  const text = await response.text()
  expect(JSON.parse(text)).toMatchObject({ count: 2, sessions: [{ subject: 'ada/ü' }, { subject: 'ada/ü' }] })
  expect(text).toContain(`"id":"${first.id}"`)
  expect(text).not.toContain('hf_')
})

test('an administrator with read access cannot end sessions', async () => {
  const { ask, store, log } = await startAdmin()
  const { id, token } = await store.issue({ subject: 'ada' })
  expect((await ask(`/sessions/${id}?subject=ada`, reader.token, 'DELETE')).status).toBe(403)
  expect((await ask('/sessions?subject=ada', reader.token, 'DELETE')).status).toBe(403)
  expect((await store.verify(token)).status).toBe('active')
  expect(log().split('"event":"administrator-refused","by":"prometheus"')).toHaveLength(2)
})

test('an administrator ends one session or all of a subject, and the audit log records who ended whose', async () => {
  const { ask, store, log } = await startAdmin()
  const one = await store.issue({ subject: 'ada' })
  const [two, three] = [await store.issue({ subject: 'ada' }), await store.issue({ subject: 'ada' })]
  const ended = await ask(`/sessions/${one.id}?subject=ada`, changer.token, 'DELETE')
  expect([ended.status, await ended.json()]).toEqual([200, { ended: [one.id] }])
  expect((await store.verify(one.token)).status).toBe('inactive')
  expect((await store.verify(two.token)).status).toBe('active')
  const all = (await (await ask('/sessions?subject=ada', changer.token, 'DELETE')).json()) as {
    ended: string[]
  }
  expect(all.ended.sort()).toEqual([two.id, three.id].sort())
  const lines = log()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.filter(({ event }) => event === 'revocation')).toMatchObject([
    { by: 'grace', via: 'admin', subject: 'ada', sessions: [one.id], outcome: 'ended' },
    { by: 'grace', via: 'admin', subject: 'ada', outcome: 'ended' },
  ])
  expect(log()).not.toContain(changer.token)
})

// INV-GATEWAY-24.
test('an end that the store did not acknowledge gets 503, and the audit log records an unknown outcome', async () => {
  const { ask, log } = await startAdmin({ store: awayStore() })
  expect((await ask('/sessions?subject=ada', changer.token, 'DELETE')).status).toBe(503)
  expect(log()).toContain('"outcome":"unknown"')
})

test('the admin API shows the data centre when the caller of the gateway provides its state', async () => {
  const without = await startAdmin()
  expect((await without.ask('/cluster', reader.token)).status).toBe(404)
  const seen = await startAdmin({ clusterView: async () => ({ name: 'dc1', redis: [] }) })
  expect(await (await seen.ask('/cluster', reader.token)).json()).toEqual({ name: 'dc1', redis: [] })
})

test('the counters cover all events since the start', async () => {
  const { gateway, ask } = await startAdmin()
  const payload = { username: 'ada', password: PASSWORD }
  await gateway.app.inject({ method: 'POST', url: '/login', payload })
  await gateway.app.inject({ method: 'POST', url: '/login', payload: { ...payload, password: 'wrong' } })
  expect(await (await ask('/counts', reader.token)).json()).toMatchObject({
    events: { login: 1, 'login-refused': 1 },
  })
})

test.each([
  ['another host could intercept tokens', { host: '0.0.0.0', port: 0 }],
  ['a name may be any address', { host: 'admin.example', port: 0 }],
])('an admin listener is rejected where %s', (_, listen) => {
  const admin = { listen, administrators: [{ name: 'a', tokenSha256: reader.tokenSha256 }] }
  expect(() => parseGatewayConfig(rawConfig({ admin }))).toThrow(
    /`admin\.listen\.host` must be a loopback address/,
  )
})

test('an admin socket is accessible only to its owner, and the socket of a dead process is replaced', async () => {
  const socket = path.join(await temporaryFolder(), 'admin.sock')
  const { usersFile } = await startGateway()
  const admin = { listen: { socket }, administrators: [{ name: 'a', tokenSha256: reader.tokenSha256 }] }
  const start = () =>
    createGateway(parseGatewayConfig(rawConfig({ usersFile, admin })), memoryStore(), {
      logStream: { write() {} },
    })
  const gateway = await start()
  await gateway.listen()
  onTestFinished(() => gateway.close())
  expect(statSync(socket).mode & 0o777).toBe(0o600)
  const status = await new Promise((resolve) =>
    http.get({ socketPath: socket, path: '/counts', headers: asBearer(reader.token) }, (answer) =>
      resolve(answer.resume().statusCode),
    ),
  )
  expect(status).toBe(200)
  const second = await start()
  await expect(second.listen()).rejects.toMatchObject({ code: 'LISTEN_FAILED' })
  await second.close()
})
