import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import type { TokenStore } from '@holdfast/tokens'
import { beforeAll, expect, test } from 'vitest'
import { makeStore, openStore, pauseUntilFinished } from '../support.ts'
import { adapterContract, expectUnavailable } from './adapter-contract.ts'
import { APPLICATIONS } from './applications.ts'
import { Browser } from './browser.ts'

const group = groupOfThisFile()
const sentinels = () => group().sentinels.map(({ address }) => address)

let stores: { store: TokenStore; elsewhere: TokenStore }

beforeAll(async () => {
  stores = { store: makeStore({ sentinels: sentinels() }), elsewhere: makeStore({ sentinels: sentinels() }) }
  for (const store of Object.values(stores)) await store.ready({ timeoutMs: 20_000 })
  return async () => {
    for (const store of Object.values(stores)) await store.close()
  }
})

for (const [name, start] of Object.entries(APPLICATIONS)) {
  adapterContract(name, start, async () => stores)
}

/** A browser of each application, logged in. */
async function logInEverywhere(store: TokenStore): Promise<[string, Browser][]> {
  const browsers: [string, Browser][] = []
  for (const [name, start] of Object.entries(APPLICATIONS)) {
    const browser = new Browser(await start(store))
    expect((await browser.post('/login')).status).toBe(200)
    browsers.push([name, browser])
  }
  return browsers
}

test('while no Redis answers, every adapter answers 503 and keeps the cookie', async () => {
  const store = await openStore(group(), { verifyTimeoutMs: 200, writeTimeoutMs: 300 })
  const browsers = await logInEverywhere(store)
  pauseUntilFinished(group().redis)
  for (const [, browser] of browsers) await expectUnavailable(browser)
})

test('a kill of the primary logs nobody out of any adapter, and logins wait for its end', async () => {
  await group().untilHealthy()
  const store = await openStore(group())
  const browsers = await logInEverywhere(store)
  await (await group().primary()).kill()
  await Promise.all(
    browsers.map(async ([name, browser]) => {
      const newcomer = new Browser(browser.ask)
      let isOver = false
      const login = newcomer.post('/login').finally(() => {
        isOver = true
      })
      const statuses = new Set<number>()
      while (!isOver) statuses.add((await browser.get('/private')).status)
      expect([name, [...statuses].filter((status) => status !== 200 && status !== 503)]).toEqual([name, []])
      expect([name, (await login).status]).toEqual([name, 200])
      expect([name, await (await browser.post('/logout')).json()]).toEqual([name, { ended: true }])
      expect([name, (await newcomer.get('/private')).status]).toEqual([name, 200])
    }),
  )
})
