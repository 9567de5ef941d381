import http from 'node:http'
import { beforeEach, expect, test } from 'vitest'
import { Browser } from '../identities/browser.ts'
import { makeProvider, PUBLIC_URL, type TestProvider } from '../identities/provider.ts'
import { parsePrometheus } from '../metrics/prometheus.ts'
import { awayStore, codeOf, memoryStore, type Running, startGateway } from '../support.ts'

let provider: TestProvider
beforeEach(async () => {
  provider = await makeProvider()
  provider.people.set('ada', {})
})

const startLimited = (loginLimits: Record<string, unknown>, store = memoryStore()): Promise<Running> =>
  startGateway({
    store,
    config: { loginLimits, metrics: { public: true }, identities: { oidc: provider.config } },
  })

/** Begins a login from 127.0.109.`last`. */
function begin(
  url: string,
  last: number,
): Promise<{ status: number; headers: http.IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { localAddress: `127.0.109.${last}`, agent: false }
    http
      .get(`${url}/oidc/login`, options, (answer) => {
        let body = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk) => {
          body += chunk
        })
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }))
      })
      .on('error', reject)
  })
}

async function statusesOf(url: string, count: number, last = 1): Promise<number[]> {
  const statuses: number[] = []
  for (let tries = 0; tries < count; tries++) statuses.push((await begin(url, last)).status)
  return statuses
}

// INV-GATEWAY-14.
test('one address that reaches its limit of provider logins must wait, and other addresses are not affected', async () => {
  const { url } = await startLimited({ providerPerAddress: 3 })
  await provider.start()
  expect(await statusesOf(url, 3)).toEqual([303, 303, 303])
  const refused = await begin(url, 1)
  expect(refused.status).toBe(429)
  expect(Number(refused.headers['retry-after'])).toSatisfy((seconds) => seconds > 800 && seconds <= 900)
  expect(JSON.parse(refused.body)).toMatchObject({ error: { code: 'TOO_MANY_ATTEMPTS' } })
  expect(refused.headers['set-cookie']).toBeUndefined()
  expect((await begin(url, 2)).status).toBe(303)
})

test('a rejected provider login gets a page, one audit entry and a count in the metrics', async () => {
  const gateway = await startLimited({ providerPerAddress: 1 })
  await provider.start()
  await gateway.get('/oidc/login')
  const page = await gateway.get('/oidc/login', { accept: 'text/html' })
  expect([page.status, page.headers.get('content-type')]).toEqual([429, 'text/html; charset=utf-8'])
  expect(await page.text()).toContain('Too many login attempts. Wait 15 minutes')
  await gateway.get('/oidc/login')
  const lines = gateway
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"lock-out"'))
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ subject: null, reason: 'provider-address' })
  const { samples } = parsePrometheus(await (await gateway.get('/metrics')).text())
  const sampleOf = (name: string, labels: Record<string, string>) =>
    samples.find(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )?.value
  expect(sampleOf('holdfast_audit_entries_total', { event: 'lock-out' })).toBe(1)
  expect(
    sampleOf('holdfast_http_request_duration_seconds_count', { route: '/oidc/login', status: '429' }),
  ).toBe(2)
})

test('pending provider logins can finish beyond the limit, and each finished one frees a place', async () => {
  const gateway = await startLimited({ providerPerAddress: 2 })
  await provider.start()
  const callbacks: { client: Browser; href: string }[] = []
  for (let logins = 0; logins < 2; logins++) {
    const client = new Browser()
    client.route(PUBLIC_URL, gateway.url)
    const { url } = await client.open(
      `${PUBLIC_URL}/oidc/login`,
      {},
      ({ pathname }) => pathname === '/oidc/callback',
    )
    callbacks.push({ client, href: url.href })
  }
  const begun = () => gateway.get('/oidc/login').then(({ status }) => status)
  expect(await begun()).toBe(429)
  for (const { client, href } of callbacks) {
    await client.open(href)
    expect(client.cookie(PUBLIC_URL, 'holdfast')).toMatch(/^hf_/)
  }
  await expect.poll(begun).toBe(303)
  expect(await begun()).toBe(303)
  expect(await begun()).toBe(429)
})

test('a login that the provider refuses frees no place, because any client could cause that', async () => {
  const gateway = await startLimited({ providerPerAddress: 1 })
  await provider.start()
  const client = new Browser()
  client.route(PUBLIC_URL, gateway.url)
  const { url } = await client.open(
    `${PUBLIC_URL}/oidc/login`,
    {},
    ({ pathname }) => pathname === '/oidc/callback',
  )
  url.searchParams.delete('code')
  url.searchParams.set('error', 'access_denied')
  expect((await client.open(url.href)).response.status).toBe(403)
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect((await gateway.get('/oidc/login')).status).toBe(429)
})

test('a login that could not begin because the provider is unavailable does not count', async () => {
  const gateway = await startLimited({ providerPerAddress: 1 })
  const response = await gateway.get('/oidc/login')
  expect([response.status, await codeOf(response)]).toEqual([503, 'IDENTITIES_UNAVAILABLE'])
  await provider.start()
  await expect.poll(async () => (await gateway.get('/oidc/login')).status, { timeout: 5000 }).toBe(303)
  expect((await gateway.get('/oidc/login')).status).toBe(429)
})

test('no provider login begins beyond the total limit, and the log records it once', async () => {
  const gateway = await startLimited({ providerPending: 2 })
  await provider.start()
  expect([...(await statusesOf(gateway.url, 1, 1)), ...(await statusesOf(gateway.url, 1, 2))]).toEqual([
    303, 303,
  ])
  for (const last of [3, 4]) {
    const refused = await begin(gateway.url, last)
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5'])
    expect(JSON.parse(refused.body)).toMatchObject({ error: { code: 'TOO_BUSY' } })
  }
  expect(gateway.log().match(/"reason":"provider-pending"/g)).toHaveLength(1)
})

test('two gateways with one store share the counts of provider logins', async () => {
  const store = memoryStore()
  const gateways = [
    await startLimited({ providerPerAddress: 5 }, store),
    await startLimited({ providerPerAddress: 5 }, store),
  ]
  await provider.start()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => begin(gateways[index % 2]?.url ?? '', 1)),
  )
  expect(answers.filter(({ status }) => status === 303)).toHaveLength(5)
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(15)
})

test('no provider login begins while the store is unavailable', async () => {
  const { get } = await startLimited({}, awayStore())
  await provider.start()
  const response = await get('/oidc/login')
  expect([response.status, await codeOf(response)]).toEqual([503, 'STORE_UNAVAILABLE'])
})
