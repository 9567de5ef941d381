import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TestAuthority } from '@holdfast/testing/certificates'
import { type Browser, hasChromium, type Page, startChromium } from '@holdfast/testing/chromium'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { setPassword, temporaryUntil } from '../../src/users/edit.ts'
import { logInWith, PASSWORD, startGateway } from '../support.ts'

const NETWORK = await leaseNetwork()
const NEW_PASSWORD = 'a violet engine of thought'

let chromium: Browser

beforeAll(async () => {
  // The hosts of this domain are the front of the test.
  const hosts = `--host-resolver-rules=MAP *.example.org ${NETWORK}.3`
  if (hasChromium) chromium = await startChromium([hosts])
}, 60_000)
afterAll(() => chromium?.close())

/** A page of a browser without cookies. It collects what the console shows. */
async function openPage(): Promise<{ page: Page; console: string[] }> {
  const context = await chromium.newContext({ ignoreHTTPSErrors: true })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const lines: string[] = []
  page.on('console', (message) => lines.push(message.text()))
  return { page, console: lines }
}

/** Another site, which answers every path with `body`. */
async function startSite(body: string): Promise<string> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(body)
  })
  server.listen(0, `${NETWORK}.2`)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://${NETWORK}.2:${(server.address() as AddressInfo).port}`
}

/** A proxy with HTTPS in front of a gateway and of an application, for every host name. Returns its port. */
async function startFront(gateway: { port: number }): Promise<number> {
  const server = createSecureServer(await (await TestAuthority.create()).host(), (from, response) => {
    if (from.url === '/application') {
      response.setHeader('content-type', 'text/html').end('<h1>The application</h1>')
      return
    }
    const headers = { ...from.headers, 'x-forwarded-host': from.headers.host, 'x-forwarded-proto': 'https' }
    const to = request({
      host: `${NETWORK}.1`,
      port: gateway.port,
      path: from.url,
      method: from.method,
      headers,
    })
    to.on('response', (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)))
    to.on('error', () => response.destroy())
    from.pipe(to)
  })
  server.listen(0, `${NETWORK}.3`)
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

describe.skipIf(!hasChromium)('in Chromium', () => {
  test('a password login returns to an allowed origin, also after a wrong password', async () => {
    const application = await startSite('<h1>The application</h1>')
    const config = { listen: { host: `${NETWORK}.1`, port: 0 }, returnOrigins: [application] }
    const gateway = await startGateway({ config })
    const { page, console } = await openPage()
    await page.goto(`${gateway.url}/login?return_to=${encodeURIComponent(`${application}/x?a=1`)}`)
    await logInWith(page, 'a-wrong-password')
    expect(await page.textContent('[role=alert]')).toBe('The user name or the password is wrong.')
    await logInWith(page)
    await page.waitForURL(`${application}/x?a=1`, { timeout: 10_000 })
    expect(await page.textContent('h1')).toBe('The application')
    expect(console.join()).not.toContain('Content Security Policy')
  })

  test('a person whose initial password must be changed changes it, and returns to an allowed origin', async () => {
    const application = await startSite('<h1>The application</h1>')
    const listen = { host: `${NETWORK}.1`, port: 0 }
    const identities = { changePasswords: true }
    const gateway = await startGateway({ config: { listen, identities, returnOrigins: [application] } })
    await setPassword(gateway.usersFile, 'ada', PASSWORD, { temporaryUntil: temporaryUntil(Date.now()) })
    const { page, console } = await openPage()
    await page.goto(`${gateway.url}/login?return_to=${encodeURIComponent(`${application}/x?a=1`)}`)
    await logInWith(page)
    await page.fill('#password', PASSWORD)
    await page.fill('#new', NEW_PASSWORD)
    await page.fill('#repeated', NEW_PASSWORD)
    await page.click('button.primary')
    await page.waitForURL(`${application}/x?a=1`, { timeout: 10_000 })
    expect(console.join()).not.toContain('Content Security Policy')
    await page.goto(gateway.url)
    expect(await page.textContent('h1')).toBe('You are ada')
  })

  test('a page that was opened by plain HTTP says that a login needs https', async () => {
    const config = { listen: { host: `${NETWORK}.3`, port: 0 }, secureCookies: true }
    const gateway = await startGateway({ config })
    const { page } = await openPage()
    await page.goto(`http://app1.example.org:${gateway.port}/login`)
    await logInWith(page)
    await page.waitForSelector('text=https://', { timeout: 10_000 })
    expect(await page.context().cookies()).toEqual([])
  })

  test('a logout keeps what an application stores in the browser', async () => {
    const gateway = await startGateway({ config: { listen: { host: `${NETWORK}.1`, port: 0 } } })
    const { page } = await openPage()
    await page.goto(gateway.url)
    await logInWith(page)
    await page.waitForSelector('#server')
    const stored = () => page.evaluate('[document.cookie, localStorage.draft]')
    await page.evaluate("document.cookie = 'theme=dark'; localStorage.draft = 'a text'")
    await page.click('text=Log out')
    await page.waitForSelector('#username')
    expect(await stored()).toEqual(['theme=dark', 'a text'])
    const names = (await page.context().cookies()).map(({ name }) => name)
    expect(names.sort()).toEqual(['holdfast-device', 'theme'])
  })

  test('a page that is left open closes when its session ends', async () => {
    const gateway = await startGateway({ config: { listen: { host: `${NETWORK}.1`, port: 0 } } })
    const { token } = await gateway.store.issue({ subject: 'ada', idleMs: 2000, absoluteMs: 2000 })
    const { page } = await openPage()
    await page.context().addCookies([{ name: 'holdfast', value: token, url: gateway.url }])
    await page.goto(gateway.url)
    expect(await page.textContent('h1')).toBe('You are ada')
    await page.waitForSelector('text=This page was closed', { timeout: 20_000 })
    await page.click('text=Open it again')
    await page.waitForSelector('#username')
  })
  test.each([
    ['example.org', 200],
    [undefined, 401],
  ])(
    'a login at one host is one at its sibling hosts only with a cookie domain (%s)',
    async (cookieDomain, status) => {
      const gateway = await startGateway({
        config: {
          listen: { host: `${NETWORK}.1`, port: 0 },
          secureCookies: true,
          returnOrigins: ['https://app1.example.org'],
          trustedProxies: ['127.0.0.0/8'],
          cookieDomain,
        },
      })
      const port = await startFront(gateway)
      const { page } = await openPage()
      await page.goto(`https://app1.example.org:${port}/login?return_to=/session`)
      await logInWith(page)
      await page.waitForURL(`https://app1.example.org:${port}/session`, { timeout: 10_000 })
      const answer = await page.goto(`https://app2.example.org:${port}/session`)
      expect(answer?.status()).toBe(status)
      // The sibling host may share the login, and still cannot end it.
      await page.goto(`https://app2.example.org:${port}/application`)
      await page.evaluate(
        (url) => fetch(url, { method: 'POST', mode: 'no-cors', credentials: 'include' }).catch(() => null),
        `https://app1.example.org:${port}/logout`,
      )
      expect(gateway.log()).toContain('cross-site-refused')
      expect((await page.goto(`https://app1.example.org:${port}/session`))?.status()).toBe(200)
    },
  )
})
