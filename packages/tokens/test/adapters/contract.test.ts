import { expect, test } from 'vitest'
import { adapterContract, expectUnacknowledged, expectUnavailable } from './adapter-contract.ts'
import { APPLICATIONS } from './applications.ts'
import { Browser } from './browser.ts'
import { memoryStore, withOutages } from './memory.ts'

for (const [name, start] of Object.entries(APPLICATIONS)) {
  adapterContract(name, start, async () => {
    const store = memoryStore()
    return { store, elsewhere: store }
  })

  test(`the adapter for ${name} answers 503 during an outage, keeps the cookie and logs nobody out`, async () => {
    const { store, outage } = withOutages(memoryStore())
    const browser = new Browser(await start(store))
    await browser.post('/login')
    outage.away = 'everything'
    await expectUnavailable(browser)
    outage.away = 'writes'
    await expectUnacknowledged(browser)
    outage.away = 'nothing'
    expect((await browser.get('/private')).status).toBe(200)
  })
}
