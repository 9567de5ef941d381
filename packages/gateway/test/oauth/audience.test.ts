import { createMemoryStore } from '@holdfast/tokens'
import { expect, test } from 'vitest'
import { clientSecretHash } from '../../src/oauth/clients.ts'
import { asBearer, asCookie, bodyOf, codeOf, KEYRING, PASSWORD, startGateway } from '../support.ts'
import { basic } from './support.ts'

const BILLING = { id: 'billing', secret: 'hfc_billing' }
const SHOP = { id: 'shop', secret: 'hfc_shop' }
const ENDER = { id: 'ender', secret: 'hfc_ender' }
const CLIENTS = [BILLING, SHOP, ENDER].map(({ id, secret }) => ({
  id,
  secretSha256: clientSecretHash(secret),
  may: [id === 'ender' ? 'revoke' : 'introspect'],
}))

async function start() {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
  const gateway = await startGateway({ store, config: { oauth: { clients: CLIENTS } } })
  const logIn = (fields: Record<string, unknown>) =>
    gateway.post('/login', { username: 'ada', password: PASSWORD, ...fields })
  const introspect = async (token: string, client: typeof BILLING) =>
    await bodyOf(await gateway.postForm('/introspect', { token }, basic(client)))
  const tokenFor = async (audience: string) =>
    String((await bodyOf(await logIn({ response_type: 'token', audience })))['token'])
  return { gateway, store, logIn, introspect, tokenFor }
}

// INV-GATEWAY-40.
test('only the client that a token is for can introspect it', async () => {
  const { introspect, tokenFor } = await start()
  const token = await tokenFor('billing')
  expect(await introspect(token, BILLING)).toMatchObject({ active: true, sub: 'ada', aud: 'billing' })
  expect(await introspect(token, SHOP)).toEqual({ active: false })
})

test('a token without an audience can be introspected by every client', async () => {
  const { gateway, introspect } = await start()
  const token = await gateway.logIn()
  for (const client of [BILLING, SHOP]) {
    const answer = await introspect(token, client)
    expect([answer['active'], 'aud' in answer]).toEqual([true, false])
  }
})

test.each([
  ['GET', '/session'],
  ['GET', '/sessions'],
  ['DELETE', '/sessions/any'],
  ['POST', '/sessions/end-others'],
  ['POST', '/sessions/end-all'],
  ['GET', '/verify'],
  ['GET', '/verify/traefik'],
  ['GET', '/verify/envoy/any'],
])('a token for one client is refused by the gateway itself: %s %s', async (method, path) => {
  const { gateway, store, tokenFor } = await start()
  const token = await tokenFor('billing')
  for (const credential of [asBearer(token), asCookie(token)]) {
    const response = await fetch(gateway.url + path, { method, headers: credential, redirect: 'manual' })
    expect([response.status, await codeOf(response)]).toEqual([401, 'INVALID_TOKEN'])
    expect(response.headers.get('www-authenticate')).toContain('error_description="wrong-audience"')
  }
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
})

test('a token for one client is not a login for the pages', async () => {
  const { gateway, tokenFor } = await start()
  const token = await tokenFor('billing')
  expect((await gateway.get('/login', asCookie(token))).status).toBe(200)
  expect(await (await gateway.get('/password', asCookie(token))).text()).not.toContain('value="ada"')
})

test('the owner of a token for one client can end it: by a logout with it, and among all sessions', async () => {
  const { gateway, store, tokenFor } = await start()
  const [one, other] = [await tokenFor('billing'), await tokenFor('shop')]
  expect((await gateway.post('/logout', undefined, asBearer(one))).status).toBe(200)
  await gateway.post('/sessions/end-all', undefined, asBearer(await gateway.logIn()))
  for (const token of [one, other]) {
    expect(await store.verify(token)).toMatchObject({ status: 'inactive', reason: 'revoked' })
  }
})

test.each([
  [{ response_type: 'token', audience: 'unknown' }],
  // This client may not introspect.
  [{ response_type: 'token', audience: 'ender' }],
  [{ response_type: 'token', audience: '' }],
  // A browser has no use for a cookie that nothing accepts.
  [{ audience: 'billing' }],
])('a login for an unusable audience is refused: %j', async (fields) => {
  const { logIn } = await start()
  const response = await logIn(fields)
  expect([response.status, await codeOf(response)]).toEqual([400, 'INVALID_REQUEST'])
})

test.each([[['billing', 'shop']], [7], [null], [[]], [{}]])(
  'a token of another program with the audience %j is accepted only by the clients that it names',
  async (aud) => {
    const { gateway, store, introspect } = await start()
    const { token } = await store.issue({ subject: 'ada', claims: { aud } })
    const isNamed = Array.isArray(aud) && aud.length > 0
    expect((await introspect(token, BILLING))['active']).toBe(isNamed)
    expect((await gateway.get('/verify', asBearer(token))).status).toBe(401)
  },
)
