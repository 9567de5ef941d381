import { expect, test } from 'vitest'
import { bodyOf } from '../support.ts'
import { basic, ENDER, ISSUER, startWithClients } from './support.ts'

const PATH = '/.well-known/oauth-authorization-server'

test('RFC 8414, section 3.2: the metadata is JSON and names the issuer as configured', async () => {
  const { gateway } = await startWithClients({ issuer: ISSUER })
  const response = await gateway.get(PATH)
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'application/json; charset=utf-8',
  ])
  const metadata = await bodyOf(response)
  expect(metadata['issuer']).toBe(ISSUER)
  // "Claims with zero elements MUST be omitted."
  for (const value of Object.values(metadata)) expect(value).not.toEqual([])
})

test('RFC 8414, section 2: every endpoint in the metadata exists and accepts the listed ways to authenticate', async () => {
  const { gateway, session } = await startWithClients({ issuer: ISSUER })
  const metadata = await bodyOf(await gateway.get(PATH))
  expect(metadata['response_types_supported']).toEqual(['none'])
  for (const endpoint of ['introspection', 'revocation']) {
    const url = String(metadata[`${endpoint}_endpoint`])
    expect(url.startsWith(`${ISSUER}/`)).toBe(true)
    const response = await gateway.postForm(url.slice(ISSUER.length), { token: session.token })
    expect([response.status, (await bodyOf(response))['error']]).toEqual([401, 'invalid_client'])
    expect(metadata[`${endpoint}_endpoint_auth_methods_supported`]).toEqual([
      'client_secret_basic',
      'client_secret_post',
    ])
  }
})

test('RFC 8414, section 3: a gateway without an issuer has no metadata', async () => {
  const { gateway, revoke, session } = await startWithClients()
  expect((await gateway.get(PATH)).status).toBe(404)
  expect((await revoke({ token: session.token }, basic(ENDER))).status).toBe(200)
})
