import { describe, expect, test } from 'vitest'
import { asBearer, awayStore, bodyOf } from '../support.ts'
import { testClientAuthentication } from './client-authentication.ts'
import { ASKER, basic, ENDER, startWithClients } from './support.ts'

testClientAuthentication('/revoke')

describe('RFC 7009, section 2.1: revocation request', () => {
  test('revocation accepts only POST with a form', async () => {
    const { gateway, session } = await startWithClients()
    const get = await gateway.get(`/revoke?token=${session.token}`, basic(ENDER))
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST'])
    const json = await gateway.post('/revoke', { token: session.token }, basic(ENDER))
    expect([json.status, (await bodyOf(json))['error']]).toEqual([415, 'invalid_request'])
    expect((await gateway.get('/session', asBearer(session.token))).status).toBe(200)
  })

  test('revocation requires `token`', async () => {
    const { revoke } = await startWithClients()
    const response = await revoke({})
    expect([response.status, (await bodyOf(response))['error']]).toEqual([400, 'invalid_request'])
  })

  test('the client is authenticated before the token, and an unknown client ends no session', async () => {
    const { gateway, revoke, session } = await startWithClients()
    for (const headers of [{}, basic({ ...ENDER, secret: 'x' }), basic(ASKER)]) {
      expect((await revoke({ token: session.token }, headers)).status).toBeGreaterThanOrEqual(400)
    }
    const entries = (by: string) => gateway.log().split(`"event":"client-refused","by":${by}`).length - 1
    expect([entries('null'), entries(`"${ASKER.id}"`)]).toEqual([1, 1])
    expect((await gateway.get('/session', asBearer(session.token))).status).toBe(200)
  })

  test('`token_type_hint` is optional, and a wrong one does not prevent the revocation', async () => {
    const { gateway, revoke, session } = await startWithClients()
    expect((await revoke({ token: session.token, token_type_hint: 'refresh_token' })).status).toBe(200)
    expect((await gateway.get('/session', asBearer(session.token))).status).toBe(401)
  })
})

describe('RFC 7009, section 2.2: revocation response', () => {
  test('revocation answers 200 once the token is revoked', async () => {
    const { gateway, revoke, session } = await startWithClients()
    const response = await revoke({ token: session.token })
    expect([response.status, await response.text()]).toEqual([200, ''])
    expect((await gateway.get('/session', asBearer(session.token))).status).toBe(401)
    await gateway.close()
    expect(gateway.log()).toContain(`"event":"revocation","by":"${ENDER.id}","via":"client"`)
    expect(gateway.log()).toContain(session.id)
  })

  test('revocation also answers 200 for a revoked, unknown or malformed token', async () => {
    const { revoke, session } = await startWithClients()
    for (const token of [session.token, session.token, 'hf_malformed', 'of another kind']) {
      const response = await revoke({ token })
      expect([response.status, await response.text()]).toEqual([200, ''])
    }
  })
})

describe('RFC 7009, section 2.2.1: error response', () => {
  test('revocation answers 503 with a time to retry when it is not acknowledged, and the log records an unknown outcome', async () => {
    const { gateway, revoke, session } = await startWithClients({ store: awayStore() })
    const response = await revoke({ token: session.token })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1'])
    expect((await bodyOf(response))['error']).toBe('temporarily_unavailable')
    await gateway.close()
    expect(gateway.log()).toContain(`"sessions":["${session.id}"],"outcome":"unknown"`)
  })

  test('errors have the form of RFC 6749, section 5.2', async () => {
    const { revoke } = await startWithClients()
    expect(await bodyOf(await revoke({}))).toEqual({
      error: 'invalid_request',
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/),
    })
  })
})

test('RFC 7009, section 5: a body that is too large is refused before it is read', async () => {
  const { revoke } = await startWithClients()
  const response = await revoke({ token: 'x'.repeat(20_000) })
  expect([response.status, (await bodyOf(response))['error']]).toEqual([413, 'invalid_request'])
})
