import { type Browser, hasChromium, type Page, startChromium } from '@holdfast/testing/chromium'
import { isThere } from '@holdfast/testing/hosts/programs'
import { eventually } from '@holdfast/testing/local/data-centre'
import { beginRequests } from '@holdfast/testing/unfinished-requests'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { logInWith } from '../support.ts'
import { PROXIES, Stage } from './stage.ts'

/** Both files, with limits and timeouts that a test reaches. */
const MAX_PER_ADDRESS = 20
const OTHER_TIMEOUT = '2s'
const SILENCE_MS = 3000
const CHANGES = {
  nginx: {
    'limit_conn        per_address 1000;': `limit_conn per_address ${MAX_PER_ADDRESS};`,
    // The default of locations that set no other time.
    'server_tokens off;': `server_tokens off; proxy_read_timeout ${OTHER_TIMEOUT};`,
  },
  haproxy: {
    'sc0_conn_cur gt 1000': `sc0_conn_cur gt ${MAX_PER_ADDRESS}`,
    'timeout client 30s': `timeout client ${OTHER_TIMEOUT}`,
  },
}

const RULES = {
  default: 'allow',
  rules: [{ path: '/repositories/**', ambiguousPaths: true }],
}

const runs = isThere('python3') && isThere('nginx')
let stage: Stage
let chromium: Browser | undefined

beforeAll(async () => {
  if (!runs) return
  const config = { cookieDomain: 'example.org', returnOrigins: ['https://one.nginx.example.org'] }
  stage = await Stage.start(RULES, { changes: CHANGES, gateways: 1, config })
  // Each host of `nginx.example.org` is nginx, and so on.
  const hosts = Object.entries(PROXIES).map(([name, address]) => `MAP *.${name}.example.org ${address}`)
  if (hasChromium) chromium = await startChromium([`--host-resolver-rules=${hosts.join(',')}`])
}, 180_000)

afterAll(async () => {
  await chromium?.close()
  await stage?.stop()
})

describe.skipIf(!runs).each(['nginx', 'haproxy'] as const)('the documented file of %s', (proxy) => {
  test('one client address cannot use all connections', async () => {
    const { host, port } = stage.addressOf(proxy)
    const requests = beginRequests(MAX_PER_ADDRESS + 10, { host, port, localAddress: '127.0.108.61' })
    await eventually(async () => expect(requests.refused).toBe(10))
    expect((await stage.ask(proxy, '/login', { localAddress: '127.0.108.62' })).status).toBe(200)
    expect(requests.refused).toBe(10)
  })

  test('encoded slashes reach the application unchanged where a rule allows them, and nowhere else', async () => {
    const { token } = await stage.store.issue({ subject: 'robot' })
    const headers = { authorization: `Bearer ${token}` }
    const path = '/repositories/group%2Fproject'
    const answer = await stage.ask(proxy, path, { headers })
    expect([answer.status, JSON.parse(answer.body).path]).toEqual([200, path])
    expect((await stage.ask(proxy, '/others/group%2Fproject', { headers })).status).toBe(403)
  })

  test('a browser that requests a host with "_" is sent to the login page', async () => {
    const headers = { host: 'app_one.example.org', accept: 'text/html' }
    const { status, headers: answered } = await stage.ask(proxy, '/x', { headers })
    expect([status, answered['location']]).toEqual([302, '/login?return_to=%2Fx'])
  })

  describe.skipIf(!hasChromium)('in Chromium', () => {
    /** A page of a browser without cookies, and the time that browsers are told to use https only, by each answer. */
    async function openPage(): Promise<{ page: Page; httpsOnly: Map<string, string | undefined> }> {
      const context = await chromium?.newContext({ ignoreHTTPSErrors: true })
      if (context === undefined) throw new Error('Chromium does not run.')
      onTestFinished(() => context.close())
      const page = await context.newPage()
      const httpsOnly = new Map<string, string | undefined>()
      page.on('response', (answer) =>
        httpsOnly.set(answer.url(), answer.headers()['strict-transport-security']),
      )
      return { page, httpsOnly }
    }

    const at = (app: string, path: string) =>
      `https://${app}.${proxy}.example.org:${stage.addressOf(proxy).port}${path}`

    /** What the application got. */
    const seenBy = async (page: Page) => JSON.parse((await page.textContent('pre')) ?? '')

    test('a person returns to the requested address of 4,000 characters, and every answer asks for https only', async () => {
      const { page, httpsOnly } = await openPage()
      const path = `/reports?ids=${'1,'.repeat(1990)}`
      await page.goto(at('one', path))
      expect(new URL(page.url()).pathname).toBe('/login')
      await logInWith(page)
      await page.waitForURL(at('one', path), { timeout: 10_000 })
      const { path: seen, headers } = await seenBy(page)
      expect([seen, headers['X_AUTH_REQUEST_USER'], headers['COOKIE']]).toEqual([path, 'ada', undefined])
      expect(httpsOnly.size).toBeGreaterThanOrEqual(2)
      expect(new Set(httpsOnly.values())).toEqual(new Set(['max-age=31536000']))
    })

    test('a login at one host of the cookie domain is a login at another, and so is the logout', async () => {
      const { page } = await openPage()
      await page.goto(at('one', '/x'))
      await logInWith(page)
      await page.waitForURL(at('one', '/x'), { timeout: 10_000 })
      await page.goto(at('two', '/y'))
      const { headers } = await seenBy(page)
      expect([headers['X_AUTH_REQUEST_USER'], headers['COOKIE']]).toEqual(['ada', undefined])
      expect(await page.evaluate("fetch('/logout', { method: 'POST' }).then(({ status }) => status)")).toBe(
        200,
      )
      await page.goto(at('one', '/x'))
      await page.waitForSelector('#username', { timeout: 10_000 })
    })

    test('a WebSocket stays open while it is silent for longer than the other timeouts', async () => {
      const { page } = await openPage()
      await page.goto(at('one', '/x'))
      await logInWith(page)
      await page.waitForURL(at('one', '/x'), { timeout: 10_000 })
      const received = await page.evaluate(`new Promise((resolve) => {
        const socket = new WebSocket('wss://' + location.host + '/socket')
        socket.onopen = () => setTimeout(() => socket.send('hello'), ${SILENCE_MS})
        socket.onmessage = ({ data }) => resolve(data)
        socket.onclose = ({ code }) => resolve('closed with ' + code)
      })`)
      expect(received).toBe('ada hello')
    })
  })
})
