import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

/**
 * OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. The
 * package's algorithm is argon2id unless told otherwise.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** What a users file may hold: a PHC string of argon2id, version 1.3. */
export const PASSWORD_HASH =
  /^\$argon2id\$v=19\$m=\d{1,7},t=\d{1,3},p=\d{1,2}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/

/** Longest password, in characters as JavaScript counts them: hashing more would only cost time. */
export const MAX_PASSWORD_LENGTH = 1024

/** Hashes a password. The same text typed on another keyboard is the same password (NFC, RFC 8265). */
export function hashPassword(password: string): Promise<string> {
  return hash(password.normalize('NFC'), PARAMETERS)
}

/** Says whether a password fits a hash. */
export function verifyPassword(passwordHash: string, password: string): Promise<boolean> {
  return verify(passwordHash, password.normalize('NFC'))
}

/** A hash that no password fits, to be verified against when there is no such user: it takes the same time. */
export function dummyHash(): Promise<string> {
  return hash(randomBytes(32), PARAMETERS)
}
