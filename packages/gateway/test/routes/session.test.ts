import { createMemoryStore, generateKeyring } from '@holdfast/tokens'
import { describe, expect, test } from 'vitest'
import { asBearer, asCookie, awayStore, bodyOf, codeOf, memoryStore, startGateway } from '../support.ts'

describe('/session', () => {
  const path = '/session'

  test.each([asCookie, asBearer])('/session returns the session of a valid token', async (credential) => {
    const gateway = await startGateway()
    const response = await gateway.get(path, credential(await gateway.logIn()))
    expect(response.status).toBe(200)
    expect(response.headers.get('x-auth-request-user')).toBe('ada')
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await bodyOf(response)).toEqual({
      subject: 'ada',
      id: expect.any(String),
      server: 'gateway-1',
      issuedAt: expect.any(String),
      authenticatedAt: expect.any(String),
      idleUntil: expect.any(String),
      expiresAt: expect.any(String),
    })
  })

  test('/session answers HEAD like GET, without a body', async () => {
    const gateway = await startGateway()
    const headers = asCookie(await gateway.logIn())
    const response = await fetch(gateway.url + path, { method: 'HEAD', headers })
    expect([response.status, response.headers.get('x-auth-request-user')]).toEqual([200, 'ada'])
    expect(await response.text()).toBe('')
    expect((await fetch(gateway.url + path, { method: 'HEAD' })).status).toBe(401)
  })

  test('/session answers a request without a token with a challenge without an error', async () => {
    const gateway = await startGateway()
    for (const headers of [{}, { authorization: 'Basic YWRhOmFkYQ==' }, { cookie: 'holdfast=' }]) {
      const response = await gateway.get(path, headers as Record<string, string>)
      expect([response.status, await codeOf(response)]).toEqual([401, 'NO_TOKEN'])
      expect(response.headers.get('www-authenticate')).toBe('Bearer realm="holdfast"')
    }
  })

  test('/session refuses an invalid token with the reason, and the cookie stays', async () => {
    const store = createMemoryStore({ dataCentre: 'dc1', keyring: generateKeyring() })
    const elsewhere = createMemoryStore({ dataCentre: 'dc1', keyring: generateKeyring() })
    const other = createMemoryStore({ dataCentre: 'dc2', keyring: generateKeyring() })
    const gateway = await startGateway({ store })
    const revoked = (await store.issue({ subject: 'ada' })).token
    await store.revoke(revoked)
    const expired = (await store.issue({ subject: 'ada', absoluteMs: 1000 })).token
    const foreign = (await other.issue({ subject: 'ada' })).token
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const unknown = (await elsewhere.issue({ subject: 'ada' })).token
    const cases = { revoked, expired, foreign, unknown, malformed: `${revoked}x` }
    for (const [reason, token] of Object.entries(cases)) {
      const response = await gateway.get(path, asCookie(token))
      expect([response.status, await codeOf(response)]).toEqual([401, 'INVALID_TOKEN'])
      expect(response.headers.get('www-authenticate')).toBe(
        `Bearer realm="holdfast", error="invalid_token", error_description="${reason}"`,
      )
      expect(response.headers.getSetCookie()).toEqual([])
    }
  })

  test('/session answers 503 when the token cannot be verified, and the cookie stays', async () => {
    const token = (await memoryStore().issue({ subject: 'ada' })).token
    const gateway = await startGateway({ store: awayStore() })
    const response = await gateway.get(path, asCookie(token))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect(response.headers.getSetCookie()).toEqual([])
    expect(await codeOf(response)).toBe('STORE_UNAVAILABLE')
    expect((await gateway.get(path, asCookie('hf_malformed'))).status).toBe(401)
  })

  test('/session ignores a token in the query string', async () => {
    const gateway = await startGateway()
    const token = await gateway.logIn()
    for (const key of ['token', 'access_token', 'holdfast']) {
      expect((await gateway.get(`${path}?${key}=${token}`)).status).toBe(401)
    }
  })

  test('/session prefers a bearer token to a cookie', async () => {
    const gateway = await startGateway()
    const token = await gateway.logIn()
    const headers = { ...asBearer('hf_wrong'), ...asCookie(token) }
    expect((await gateway.get(path, headers)).status).toBe(401)
  })
})

test('a subject that is not plain ASCII reaches the application unambiguously', async () => {
  const gateway = await startGateway()
  for (const [subject, header] of [
    ['zoë', 'zo%C3%AB'],
    ['ada\r\nX-Admin: 1', 'ada%0D%0AX-Admin:%201'],
    [' ada', '%20ada'],
  ] as const) {
    const { token } = await gateway.store.issue({ subject })
    const response = await gateway.get('/verify', asBearer(token))
    expect(response.headers.get('x-auth-request-user')).toBe(header)
    expect(response.headers.get('x-admin')).toBeNull()
  }
})
