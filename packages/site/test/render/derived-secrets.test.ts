import { expect, test } from 'vitest'
import {
  platformPassword,
  proxyPassword,
  tunnelKeys,
  tunnelSharedKey,
} from '../../src/render/derived-secrets.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'

test('the passwords and tunnel keys that are derived from the key ring never change', () => {
  const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
  const secrets = { keyring: { current: 'k1', keys: { k1: key(1) }, index: key(2) } } as unknown as Secrets
  expect({
    platform: platformPassword(secrets),
    proxy: proxyPassword(secrets, 'shop'),
    tunnel: tunnelKeys(secrets, 'dc1', 'a'),
    shared: tunnelSharedKey(secrets, 'dc1', 'b', 'a'),
  }).toEqual({
    platform: '7lbnjaMnVl4YnyvuvYtEJnXbNzrMjyj0V8z6al-KPmA',
    proxy: 'Cds5CZFcnB6b91SIYcvpXyqA32Bv-4S59x_i6LTfpIU',
    tunnel: {
      private: 'uAzS1g22/37uSJcO/zT/txpGy3xdVXuRkEn87un/+kc=',
      public: 'fm230Huth+KmoosMon9sfbtaf+jMkq+soa+Vy2EhMVQ=',
    },
    shared: 'ZVwwJbBZnMUFmjdmmETlvOp2nlasvP7PzGNbWlRKtbE=',
  })
})
