/** The key ring, for who makes one without a store: it loads no client of Redis. */
export { generateKeyring, type Keyring } from './token/keyring.ts'
