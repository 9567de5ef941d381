/** Key rings and derived keys without a store. This module does not load a Redis client. */
export { deriveKey } from './token/derive-key.ts'
export { generateKeyring, type Keyring } from './token/keyring.ts'
