import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, hasChromium, type Page, startChromium } from '@holdfast/testing/chromium'
import { leaseNetwork } from '@holdfast/testing/leases'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { PASSWORD, startGateway } from '../support.ts'

const NETWORK = await leaseNetwork()

let chromium: Browser

beforeAll(async () => {
  if (hasChromium) chromium = await startChromium()
}, 60_000)
afterAll(() => chromium?.close())

/** A page of a browser without cookies. It collects what the console shows. */
async function openPage(): Promise<{ page: Page; console: string[] }> {
  const context = await chromium.newContext()
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

async function logIn(page: Page, password: string): Promise<void> {
  await page.fill('#username', 'ada')
  await page.fill('#password', password)
  await page.click('button.primary')
}

describe.skipIf(!hasChromium)('in Chromium', () => {
  test('a password login returns to an allowed origin, also after a wrong password', async () => {
    const application = await startSite('<h1>The application</h1>')
    const config = { listen: { host: `${NETWORK}.1`, port: 0 }, returnOrigins: [application] }
    const gateway = await startGateway({ config })
    const { page, console } = await openPage()
    await page.goto(`${gateway.url}/login?return_to=${encodeURIComponent(`${application}/x?a=1`)}`)
    await logIn(page, 'a-wrong-password')
    expect(await page.textContent('[role=alert]')).toBe('The user name or the password is wrong.')
    await logIn(page, PASSWORD)
    await page.waitForURL(`${application}/x?a=1`, { timeout: 10_000 })
    expect(await page.textContent('h1')).toBe('The application')
    expect(console.join()).not.toContain('Content Security Policy')
  })

  test('a logout keeps what an application stores in the browser', async () => {
    const gateway = await startGateway({ config: { listen: { host: `${NETWORK}.1`, port: 0 } } })
    const { page } = await openPage()
    await page.goto(gateway.url)
    await logIn(page, PASSWORD)
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
})
