import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  clientSecretHash,
  createClientAuthentication,
  generateClientSecret,
} from '../../src/oauth/clients.ts'
import { readClientCredentials } from '../../src/oauth/credentials.ts'
import { basic } from './support.ts'

test('readClientCredentials reads every id and secret from the header', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 })
  fc.assert(
    fc.property(text, text, (id, secret) => {
      expect(readClientCredentials(basic({ id, secret }).authorization, new Map())).toEqual({ id, secret })
    }),
  )
})

test('readClientCredentials never throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
      const encoded = Buffer.from(text).toString('base64')
      for (const header of [text, `Basic ${text}`, `Basic ${encoded}`]) {
        expect(readClientCredentials(header, new Map())).toBeDefined()
      }
    }),
  )
})

test('a client secret has 256 random bits, and only its hash authenticates the client', () => {
  const secret = generateClientSecret()
  expect(secret).toMatch(/^hfc_[A-Za-z0-9_-]{43}$/)
  expect(generateClientSecret()).not.toBe(secret)
  const client = { id: 'a', secretSha256: clientSecretHash(secret), may: ['introspect' as const] }
  const authenticate = createClientAuthentication(() => [client])
  expect(authenticate({ id: 'a', secret })).toBe(client)
  for (const presented of [
    { id: 'a', secret: client.secretSha256 },
    { id: 'a', secret: '' },
    { id: 'b', secret },
    { id: '__proto__', secret },
  ]) {
    expect(authenticate(presented)).toBeNull()
  }
})
