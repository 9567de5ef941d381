import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

/**
 * OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. Argon2id is the
 * default algorithm of the package.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The hashes that a users file may contain: PHC strings of argon2id, version 1.3. */
export const PASSWORD_HASH =
  /^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,3},p=\d{1,2}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/

/** Max length of a password, in UTF-16 code units: hashing more would only cost time. */
export const MAX_PASSWORD_LENGTH = 1024

/** Hashes a password, after composing its characters, so that every keyboard gives the same hash (NFC, RFC 8265). */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), PARAMETERS)
}

/** True when the password matches the hash. */
export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password.normalize('NFC'))
}

/** A hash that no password matches. Verifying against it takes as long as for a known user. */
export function dummyHash(): Promise<string> {
  return hash(randomBytes(32), PARAMETERS)
}
