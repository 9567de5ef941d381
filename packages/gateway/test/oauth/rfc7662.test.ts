import { createMemoryStore, generateKeyring } from '@holdfast/tokens'
import { describe, expect, test } from 'vitest'
import { awayStore, bodyOf, KEYRING, startGateway } from '../support.ts'
import { testClientAuthentication } from './client-authentication.ts'
import { ASKER, basic, ISSUER, startWithClients } from './support.ts'

testClientAuthentication('/introspect')

describe('RFC 7662, section 2.1: introspection request', () => {
  test('introspection accepts only POST with a form', async () => {
    const { gateway, session, post } = await startWithClients()
    const get = await gateway.get(`/introspect?token=${session.token}`, basic(ASKER))
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
    const json = await gateway.post('/introspect', { token: session.token }, basic(ASKER))
    expect([json.status, (await bodyOf(json))['error']]).toEqual([415, 'invalid_request'])
    const query = await post(`/introspect?token=${session.token}`, {}, basic(ASKER))
    expect([query.status, (await bodyOf(query))['error']]).toEqual([400, 'invalid_request'])
  })

  test('introspection requires `token`', async () => {
    const { introspect } = await startWithClients()
    const response = await introspect({ token_type_hint: 'access_token' })
    expect([response.status, (await bodyOf(response))['error']]).toEqual([400, 'invalid_request'])
  })

  test('`token_type_hint` is optional, and a wrong one is ignored', async () => {
    const { introspect, session } = await startWithClients()
    for (const hint of ['access_token', 'refresh_token', 'nonsense']) {
      const response = await introspect({ token: session.token, token_type_hint: hint })
      expect((await bodyOf(response))['active']).toBe(true)
    }
  })

  test('introspection requires an authorized client', async () => {
    const { introspect, session } = await startWithClients()
    const response = await introspect({ token: session.token }, {})
    expect(response.status).toBe(401)
    expect(JSON.stringify(await bodyOf(response))).not.toContain('active')
  })
})

describe('RFC 7662, section 2.2: introspection response', () => {
  test('an active token gets JSON with the members of its session', async () => {
    const claims = { name: 'Ada', email: 'ada@example.org', groups: ['a'], secret: 'of the application' }
    const { introspect, session } = await startWithClients({ claims, issuer: ISSUER })
    const response = await introspect({ token: session.token })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await bodyOf(response)).toEqual({
      active: true,
      token_type: 'Bearer',
      sub: 'ada',
      username: 'ada',
      iat: Math.floor(session.issuedAtMs / 1000),
      exp: Math.floor(session.idleUntilMs / 1000),
      jti: session.id,
      iss: ISSUER,
      name: 'Ada',
      email: 'ada@example.org',
      groups: ['a'],
      cache_ms: 0,
    })
  })

  test('all inactive tokens get the same answer, byte for byte', async () => {
    const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })
    const elsewhere = createMemoryStore({ dataCentre: 'dc1', keyring: generateKeyring() })
    const foreign = createMemoryStore({ dataCentre: 'dc2', keyring: KEYRING })
    const { introspect } = await startWithClients({ store })
    const revoked = (await store.issue({ subject: 'ada' })).token
    await store.revoke(revoked)
    const expired = (await store.issue({ subject: 'ada', absoluteMs: 1000 })).token
    await new Promise((resolve) => setTimeout(resolve, 1100))
    const tokens = [
      revoked,
      expired,
      (await elsewhere.issue({ subject: 'ada' })).token,
      (await foreign.issue({ subject: 'ada' })).token,
      'hf_malformed',
      'of another kind',
    ]
    for (const token of tokens) {
      const response = await introspect({ token })
      expect([response.status, await response.text()]).toEqual([200, '{"active":false}'])
    }
  })

  test('a token that cannot be verified is not reported as inactive', async () => {
    const { introspect, session } = await startWithClients({ store: awayStore() })
    const response = await introspect({ token: session.token })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await bodyOf(response))['error']).toBe('temporarily_unavailable')
  })
})

test('introspection extends the idle lifetime of a session', async () => {
  const store = createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING, idleMs: 1000 })
  const { introspect } = await startWithClients({ store })
  const { token } = await store.issue({ subject: 'ada' })
  for (let round = 0; round < 7; round++) {
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await bodyOf(await introspect({ token }))).toMatchObject({ active: true })
  }
})

test('a gateway without clients has no introspection endpoint', async () => {
  const gateway = await startGateway()
  expect((await gateway.postForm('/introspect', { token: 'x' })).status).toBe(404)
})
