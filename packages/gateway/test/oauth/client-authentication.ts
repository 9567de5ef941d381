import { describe, expect, test } from 'vitest'
import { bodyOf } from '../support.ts'
import { ASKER, basic, ENDER, startWithClients } from './support.ts'

/** The tests that `/introspect` and `/revoke` share. */
export function testClientAuthentication(path: '/introspect' | '/revoke') {
  const [known, other] = path === '/introspect' ? [ASKER, ENDER] : [ENDER, ASKER]

  describe('RFC 6749, section 2.3: client authentication', () => {
    test('2.3.1: a client may authenticate in the header, with both parts form-encoded', async () => {
      const { post, session } = await startWithClients()
      const response = await post(path, { token: session.token }, basic(known))
      expect(response.status).toBe(200)
    })

    test('2.3.1: a client may authenticate in the form', async () => {
      const { post, session } = await startWithClients()
      const form = { token: session.token, client_id: known.id, client_secret: known.secret }
      expect((await post(path, form)).status).toBe(200)
    })

    test('2.3: a client must not authenticate in two ways at once', async () => {
      const { post, session } = await startWithClients()
      const form = { token: session.token, client_id: known.id, client_secret: known.secret }
      const response = await post(path, form, basic(known))
      expect([response.status, (await bodyOf(response))['error']]).toEqual([400, 'invalid_request'])
    })

    test('5.2: an unknown client and a client with a wrong or missing secret get the same 401 with a challenge', async () => {
      const { post, session } = await startWithClients()
      const { token } = session
      const answers = await Promise.all([
        post(path, { token }),
        post(path, { token }, basic({ id: 'nobody', secret: known.secret })),
        post(path, { token }, basic({ id: known.id, secret: 'hfc_wrong' })),
        post(path, { token }, basic({ id: known.id, secret: '' })),
        post(path, { token }, { authorization: `Bearer ${token}` }),
        post(path, { token }, { authorization: 'Basic !!!' }),
        post(path, { token, client_id: known.id }),
        post(path, { token, client_id: known.id, client_secret: other.secret }),
        post(path, {}, basic({ id: 'nobody', secret: 'x' })),
      ])
      const told = await Promise.all(
        answers.map(async (answer) => ({
          status: answer.status,
          challenge: answer.headers.get('www-authenticate'),
          body: await answer.text(),
        })),
      )
      expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1)
      expect(told[0]).toMatchObject({
        status: 401,
        challenge: 'Basic realm="holdfast", charset="UTF-8"',
        body: expect.stringContaining('"error":"invalid_client"'),
      })
    })

    test('5.2: a client without the right gets unauthorized_client', async () => {
      const { post, session, store } = await startWithClients()
      const response = await post(path, { token: session.token }, basic(other))
      expect([response.status, (await bodyOf(response))['error']]).toEqual([400, 'unauthorized_client'])
      expect(await store.verify(session.token)).not.toMatchObject({ reason: 'revoked' })
    })

    test('3.2: a repeated parameter is refused', async () => {
      const { post, session } = await startWithClients()
      const form: [string, string][] = [
        ['token', session.token],
        ['token', session.token],
      ]
      const response = await post(path, form, basic(known))
      expect([response.status, (await bodyOf(response))['error']]).toEqual([400, 'invalid_request'])
    })

    test('3.2: an empty parameter counts as missing', async () => {
      const { post } = await startWithClients()
      const response = await post(path, { token: '' }, basic(known))
      expect([response.status, (await bodyOf(response))['error']]).toEqual([400, 'invalid_request'])
    })

    test('the log contains no client secret and no token', async () => {
      const { post, session, gateway } = await startWithClients()
      await post(path, { token: session.token }, basic(known))
      await post(path, { token: session.token }, basic({ id: known.id, secret: 'hfc_wrong-s3cret' }))
      await gateway.close()
      expect(gateway.log()).not.toMatch(/hfc_|s3cret/)
      expect(gateway.log()).not.toContain(session.token)
    })
  })

  test('RFC 6749, section 5.1: answers must not be cached', async () => {
    const { post, session } = await startWithClients()
    for (const headers of [basic(known), {}]) {
      const response = await post(path, { token: session.token }, headers)
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })
}
