import type { Secrets } from '@holdfast/site/secrets/secrets'

const key = Buffer.alloc(32, 7).toString('base64')

/** Constant secrets for golden files. */
export const FIXED_SECRETS: Secrets = {
  admin: 'admin-password-of-the-golden-files',
  replica: 'replica-password-of-the-golden-files',
  sentinel: 'sentinel-password-of-the-golden-files',
  metrics: 'metrics-password-of-the-golden-files',
  app: 'app-password-of-the-golden-files',
  peer: 'peer-password-of-the-golden-files',
  sentinelAdmin: 'sentinel-admin-password-of-the-golden-files',
  sentinelApp: 'sentinel-app-password-of-the-golden-files',
  demoPassword: 'demo-password-of-the-golden-files',
  mark: '00112233445566778899aabbccddeeff',
  keyring: { current: 'k1', keys: { k1: key }, index: key },
}
