/** Creates a key ring without a store. This module does not load a Redis client. */
export { generateKeyring, type Keyring } from './token/keyring.ts'
