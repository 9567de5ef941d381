import { tokenId } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { asBearer, asCookie, awayStore, codeOf, startGateway } from '../support.ts'

test('a logout by cookie ends the session and then clears the cookie', async () => {
  const gateway = await startGateway()
  const token = await gateway.logIn()
  const response = await gateway.post('/logout', undefined, asCookie(token))
  expect(response.status).toBe(200)
  expect(await response.json()).toEqual({ revoked: true, server: 'gateway-1' })
  expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^holdfast=;.* Path=\/;/)])
  expect(await gateway.store.verify(token)).toMatchObject({ reason: 'revoked' })
})

test('a logout in a browser empties the cache, and leaves other cookies and the storage of applications alone', async () => {
  const gateway = await startGateway()
  const response = await gateway.post('/logout', undefined, asCookie(await gateway.logIn()))
  expect(response.headers.get('clear-site-data')).toBe('"cache"')
  const again = await gateway.logIn()
  const program = await gateway.post('/logout', undefined, asBearer(again))
  expect(program.headers.get('clear-site-data')).toBeNull()
})

test('a logout in a browser redirects to the start page', async () => {
  const gateway = await startGateway()
  const headers = { ...asCookie(await gateway.logIn()), accept: 'text/html' }
  const response = await gateway.postForm('/logout', {}, headers)
  expect([response.status, response.headers.get('location')]).toEqual([303, '/'])
  expect(response.headers.getSetCookie()).toHaveLength(1)
})

test('a logout by bearer token ends the session and does not change cookies', async () => {
  const gateway = await startGateway()
  const [token, other] = [await gateway.logIn(), await gateway.logIn()]
  const response = await gateway.post('/logout', undefined, { ...asBearer(token), ...asCookie(other) })
  expect(response.headers.getSetCookie()).toEqual([])
  expect(await gateway.store.verify(token)).toMatchObject({ reason: 'revoked' })
  expect(await gateway.store.verify(other)).toMatchObject({ status: 'active' })
})

test('a repeated logout, and one without a valid token, is not an error', async () => {
  const gateway = await startGateway()
  const token = await gateway.logIn()
  for (const headers of [asCookie(token), asCookie(token), asCookie('hf_none'), {}]) {
    expect((await gateway.post('/logout', undefined, headers)).status).toBe(200)
  }
})

test.each([
  ['application/json', ''],
  ['application/json', '{"broken'],
  ['text/plain', 'anything'],
  ['application/x-www-form-urlencoded', 'a=b'],
])('a logout ignores its body: %s %j', async (type, body) => {
  const gateway = await startGateway()
  const token = await gateway.logIn()
  const headers = { ...asCookie(token), 'content-type': type }
  const response = await fetch(`${gateway.url}/logout`, { method: 'POST', headers, body })
  expect(response.status).toBe(200)
  expect(await gateway.store.verify(token)).toMatchObject({ reason: 'revoked' })
})

// INV-GATEWAY-4.
test('a logout from a page of another site is refused, and the session stays', async () => {
  const gateway = await startGateway()
  const token = await gateway.logIn()
  for (const from of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
    const headers: Record<string, string> = { ...asCookie(token), ...from }
    const response = await gateway.post('/logout', undefined, headers)
    expect([response.status, await codeOf(response)]).toEqual([403, 'CROSS_SITE'])
  }
  expect(await gateway.store.verify(token)).toMatchObject({ status: 'active' })
  // The audit log records it once, for the same route and address.
  const entry = '"event":"cross-site-refused","route":"/logout","remote":"127.0.0.1","heldBack":0'
  expect(gateway.log().split(entry)).toHaveLength(2)
})

test('a logout gets 503 while the store is unavailable, and the cookie stays', async () => {
  const token = await (await startGateway()).logIn()
  const away = await startGateway({ store: awayStore() })
  const response = await away.post('/logout', undefined, asCookie(token))
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
  expect(response.headers.getSetCookie()).toEqual([])
  const page = await away.post('/logout', undefined, { ...asCookie(token), accept: 'text/html' })
  expect(await page.text()).not.toContain('http-equiv')
})

test('logouts that end nothing leave no audit line, and one log line for all of them', async () => {
  const gateway = await startGateway()
  const token = await gateway.logIn()
  await gateway.post('/logout', undefined, asCookie(token))
  for (let count = 0; count < 20; count++) {
    for (const headers of [asCookie(token), asBearer('x'), asBearer('hf_none')]) {
      await gateway.post('/logout', undefined, headers)
    }
  }
  const events = (event: string) => gateway.log().split(`"event":"${event}"`).length - 1
  expect([events('logout'), events('nothing-to-log-out')]).toEqual([1, 1])
})

test('logouts that the store does not acknowledge have one audit line per network and minute', async () => {
  const token = await (await startGateway()).logIn()
  const away = await startGateway({ store: awayStore() })
  await Promise.all(Array.from({ length: 5 }, () => away.post('/logout', undefined, asCookie(token))))
  const lines = away
    .log()
    .split('\n')
    .filter((line) => line.includes('"event":"logout-unacknowledged"'))
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ session: tokenId(token), heldBack: 0 })
})
