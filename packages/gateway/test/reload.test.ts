import { readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { findFreePorts, PRIMARY_NAME, TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { expect, onTestFinished, test } from 'vitest'
import { addUser, createAdminToken, createClient, verifyAudit } from '../src/index.ts'
import { GatewayProcess, until } from './gateway-process.ts'
import { parsePrometheus } from './metrics/prometheus.ts'
import { asBearer, asCookie, bodyOf, HOST, KEYRING, PASSWORD, rawConfig, temporaryFolder } from './support.ts'

const group = groupOfThisFile()

const OLD = TEST_USERS.app.password
const storeOf = (overrides: Record<string, unknown> = {}) => ({
  sentinels: group().sentinels.map(({ address }) => address),
  primaryName: PRIMARY_NAME,
  username: TEST_USERS.app.username,
  password: OLD,
  sentinelUsername: TEST_USERS.app.username,
  sentinelPassword: OLD,
  keyring: KEYRING,
  ...overrides,
})

/** Sends the same command to every Redis and every Sentinel. */
async function tellAll(...command: string[]): Promise<void> {
  for (const server of [...group().redis, ...group().sentinels]) await group().run(server, ...command)
}

/** On a busy machine many logins of one user are pending, and these tests are not about that limit. */
const loginLimits = { pauseAfter: 1000, perAccountAndAddress: 1000, perAccount: 1000, perAddress: 1000 }

/** A gateway that is ready, and its file, which can be replaced. */
async function startGateway(first: Record<string, unknown> = {}) {
  const folder = await temporaryFolder()
  const usersFile = path.join(folder, 'users.json')
  await addUser(usersFile, 'ada', PASSWORD)
  const file = path.join(folder, 'gateway.json')
  const replaceBy = async (text: string) => {
    await writeFile(`${file}.tmp`, text, { mode: 0o600 })
    await rename(`${file}.tmp`, file)
  }
  const configure = (overrides: Record<string, unknown>) =>
    replaceBy(
      JSON.stringify(rawConfig({ usersFile, store: storeOf(), revision: 'r-1', loginLimits, ...overrides })),
    )
  await configure(first)
  const running = new GatewayProcess(file)
  const url = await running.url()
  await until(async () => (await fetch(`${url}/readyz`)).ok)
  const revision = async () => (await bodyOf(await fetch(`${url}/readyz`)))['revision']
  const events = (event: string) =>
    running.output
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { running, folder, url, configure, replaceBy, revision, events }
}

const logIn = (url: string) =>
  fetch(`${url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'ada', password: PASSWORD, response_type: 'token' }),
  })

test('new passwords are applied while users work, and no request fails although every connection is killed afterwards', async () => {
  onTestFinished(() => tellAll('ACL', 'SETUSER', 'app', 'resetpass', `>${OLD}`))
  const { url, configure, revision, running } = await startGateway()
  expect(await revision()).toBe('r-1')
  const statuses: (number | string)[] = []
  const tokens = [String((await bodyOf(await logIn(url)))['token'])]
  const work = new AbortController()
  const repeat = async (everyMs: number, request: () => Promise<void>) => {
    const requests: Promise<void>[] = []
    while (!work.signal.aborted) {
      // A request without an answer counts as an error.
      requests.push(request().catch((error: unknown) => void statuses.push(String(error))))
      await sleep(everyMs)
    }
    await Promise.all(requests)
  }
  const users = [
    repeat(100, async () => {
      const response = await logIn(url)
      statuses.push(response.status)
      tokens.push(String((await bodyOf(response))['token']))
    }),
    repeat(10, async () => {
      const token = tokens[Math.floor(Math.random() * tokens.length)] ?? ''
      statuses.push((await fetch(`${url}/verify`, { headers: asCookie(token) })).status)
    }),
  ]
  const next = 'a-password-that-nobody-may-see'
  await tellAll('ACL', 'SETUSER', 'app', `>${next}`)
  await configure({ revision: 'r-2', store: storeOf({ password: next, sentinelPassword: next }) })
  await until(async () => (await revision()) === 'r-2')
  await tellAll('ACL', 'SETUSER', 'app', `<${OLD}`)
  await tellAll('CLIENT', 'KILL', 'USER', 'app')
  await sleep(1500)
  work.abort()
  await Promise.all(users)
  expect(statuses.length).toBeGreaterThan(80)
  expect(statuses.filter((status) => status !== 200)).toEqual([])
  for (const token of tokens)
    expect((await fetch(`${url}/verify`, { headers: asCookie(token) })).status).toBe(200)
  expect(running.output).not.toContain(next)
}, 60_000)

test('a password that Redis refuses is logged once, and applied as soon as Redis knows it', async () => {
  onTestFinished(() => tellAll('ACL', 'SETUSER', 'app', 'resetpass', `>${OLD}`))
  const { url, configure, revision, events } = await startGateway()
  await configure({
    revision: 'r-2',
    store: storeOf({ password: 'too-early', sentinelPassword: 'too-early' }),
  })
  await until(() => events('config-refused').length > 0)
  await tellAll('CLIENT', 'KILL', 'USER', 'app')
  // It is retried after one and two seconds, and not logged again.
  await sleep(2500)
  expect(events('config-refused')).toMatchObject([
    { level: 'error', msg: expect.stringMatching(/refused the password of user "app".* stays in use\.$/) },
  ])
  expect([await revision(), (await logIn(url)).status]).toEqual(['r-1', 200])
  await tellAll('ACL', 'SETUSER', 'app', '>too-early')
  await until(async () => (await revision()) === 'r-2' && events('config-taken').length > 0)
  expect(events('config-taken')).toMatchObject([
    { keys: ['revision', 'store.password', 'store.sentinelPassword'], revision: 'r-2' },
  ])
}, 60_000)

// INV-GATEWAY-30.
test('a broken file is logged once and the old one stays in use, and SIGHUP reloads a fixed file at once', async () => {
  const { configure, replaceBy, revision, running, events } = await startGateway()
  await replaceBy('{ "revision": "r-2", ')
  await until(() => events('config-refused').length > 0)
  await sleep(1500)
  expect(events('config-refused')).toMatchObject([
    { level: 'error', msg: expect.stringMatching(/is not valid JSON.* stays in use\.$/) },
  ])
  expect(await revision()).toBe('r-1')

  // Without a signal, because a signal reloads the file, and both readings report keys that need a restart.
  await configure({ revision: 'r-3', name: 'gateway-9', limits: { drainMs: 5, waitingLogins: 7 } })
  await until(async () => (await revision()) === 'r-3')
  await until(() => events('config-taken').length > 0)
  expect(events('config-taken')).toMatchObject([{ keys: ['revision', 'limits.drainMs'] }])
  await until(() => events('config-needs-restart').length > 0)
  expect(events('config-needs-restart')).toMatchObject([
    { level: 'warn', keys: ['name', 'limits.waitingLogins'] },
  ])
  // The file did not change, so only the signal can have caused the reload.
  running.process.kill('SIGHUP')
  await until(() => events('config-needs-restart').length === 2)
  running.process.kill('SIGTERM')
  expect(await running.ended()).toBe(0)
}, 60_000)

/** Access rules that allow logged-in users one path, and nothing else. */
const rulesFor = (path: string) => ({ default: 'deny', rules: [{ path }] })

// INV-GATEWAY-29.
test('access rules, clients and administrators are applied while users work, and an invalid file changes nothing', async () => {
  const [port = 0] = await findFreePorts(1)
  const [oldClient, newClient] = [createClient('old', ['introspect']), createClient('new', ['introspect'])]
  const [oldAdmin, newAdmin] = [createAdminToken(), createAdminToken()]
  const keys = (which: 'old' | 'new') => ({
    oauth: { clients: [which === 'old' ? oldClient.entry : newClient.entry] },
    admin: {
      listen: { host: HOST, port },
      administrators: [{ name: which, tokenSha256: (which === 'old' ? oldAdmin : newAdmin).tokenSha256 }],
    },
  })
  const metrics = { public: true }
  const { url, configure, events, revision } = await startGateway({
    metrics,
    access: rulesFor('/old'),
    ...keys('old'),
  })
  const token = String((await bodyOf(await logIn(url)))['token'])
  const verify = async (uri: string) => {
    const asked = { 'x-forwarded-method': 'GET', 'x-forwarded-uri': uri, ...asCookie(token) }
    return (await fetch(`${url}/verify/haproxy`, { headers: asked })).status
  }
  const introspect = async (id: string, secret: string) => {
    const body = new URLSearchParams({ token, client_id: id, client_secret: secret })
    return (await fetch(`${url}/introspect`, { method: 'POST', body })).status
  }
  const counts = async (admin: string) =>
    (await fetch(`http://${HOST}:${port}/counts`, { headers: asBearer(admin) })).status
  const all = async () => ({
    verify: [await verify('/old'), await verify('/new')],
    introspect: [await introspect('old', oldClient.secret), await introspect('new', newClient.secret)],
    admin: [await counts(oldAdmin.token), await counts(newAdmin.token)],
  })
  const metric = async (wanted: string, outcome?: string) => {
    const { samples } = parsePrometheus(await (await fetch(`${url}/metrics`)).text())
    return samples.find(({ name, labels }) => name === wanted && labels['outcome'] === outcome)?.value
  }
  const successful = () => metric('holdfast_config_last_reload_successful')
  const before = { verify: [200, 403], introspect: [200, 401], admin: [200, 401] }
  const after = { verify: [403, 200], introspect: [401, 200], admin: [401, 200] }
  expect(await all()).toEqual(before)

  const statuses: number[] = []
  const work = new AbortController()
  const users = Array.from({ length: 4 }, async () => {
    while (!work.signal.aborted)
      statuses.push((await fetch(`${url}/session`, { headers: asCookie(token) })).status)
  })
  await configure({ metrics, ...keys('new'), access: rulesFor('/new/../secret'), revision: 'r-2' })
  await until(() => events('config-refused').length > 0)
  expect(events('config-refused')).toMatchObject([
    {
      level: 'error',
      msg: expect.stringMatching(/`access\.rules\[0\]\.path` must be a path.* stays in use\.$/),
    },
  ])
  expect(events('configuration-reload')).toMatchObject([{ outcome: 'refused' }])
  expect(await successful()).toBe(0)
  expect(await all()).toEqual(before)

  await configure({ metrics, ...keys('new'), access: rulesFor('/new'), revision: 'r-3' })
  await until(async () => (await revision()) === 'r-3' && events('config-taken').length > 0)
  expect(await all()).toEqual(after)
  expect(await successful()).toBe(1)
  expect(await metric('holdfast_config_reloads_total', 'applied')).toBe(1)
  expect(await metric('holdfast_config_reloads_total', 'refused')).toBeGreaterThan(0)
  expect(await metric('holdfast_config_keys_need_restart')).toBe(0)
  const taken = ['revision', 'access', 'oauth.clients', 'admin.administrators']
  expect(events('configuration-reload').at(-1)).toMatchObject({ outcome: 'applied' })
  expect(events('config-taken')).toMatchObject([{ keys: expect.arrayContaining(taken) }])
  expect(events('config-needs-restart')).toEqual([])
  work.abort()
  await Promise.all(users)
  expect(statuses.length).toBeGreaterThan(50)
  expect(statuses.filter((status) => status !== 200)).toEqual([])
}, 60_000)

test('the audit log is reopened on SIGHUP and moves to another configured file, and its chain stays intact', async () => {
  const folder = await temporaryFolder()
  const [file, moved] = [path.join(folder, 'audit.jsonl'), path.join(folder, 'moved.jsonl')]
  const { url, configure, running, events, revision } = await startGateway({ audit: { file } })
  const sessions = async (from: string) =>
    (await readFile(from, 'utf8').catch(() => '')).split('"event":"login"').length - 1
  await logIn(url)
  await until(async () => (await sessions(file)) === 1)
  await rename(file, `${file}.1`)
  running.process.kill('SIGHUP')
  await until(async () => (await readFile(file, 'utf8').catch(() => null)) === '')
  await logIn(url)
  await until(async () => (await sessions(file)) === 1)

  await configure({ audit: { file: path.join(folder, 'missing', 'audit.jsonl') }, revision: 'r-2' })
  await until(() => events('config-refused').length > 0)
  expect(events('config-refused')[0]?.['msg']).toMatch(/audit\.jsonl does not exist.* stays in use\.$/)
  await configure({ audit: { file: moved }, revision: 'r-3' })
  await until(async () => (await revision()) === 'r-3')
  await logIn(url)
  await until(async () => (await sessions(moved)) === 1)
  running.process.kill('SIGTERM')
  expect(await running.ended()).toBe(0)
  expect(await verifyAudit([`${file}.1`, file, moved])).toMatchObject({
    faults: [],
    chains: [{ first: 1, last: 5, lines: 5 }],
  })
}, 60_000)
