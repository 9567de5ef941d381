import { randomBytes } from 'node:crypto'
import { hash, verify } from '@node-rs/argon2'

/**
 * OWASP's first recommendation for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. Argon2id is the
 * default algorithm of the package.
 */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/**
 * The maximum cost of one check: 13 times the memory of our own hashes, and 26 times the work (memory times passes). Every login
 * with that name runs a check, so one entry with a larger hash could end or stop the process.
 */
const MAX_COST = { memoryKiB: 262_144, passes: 32, lanes: 16, work: 1_048_576 }

/** PHC strings of argon2id, version 1.3. */
const PASSWORD_HASH =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{22,}$/

/** True for a hash that a users file may contain. */
export function isPasswordHash(text: string): boolean {
  const costs = PASSWORD_HASH.exec(text)?.slice(1).map(Number)
  if (costs === undefined) return false
  const [memoryKiB = 0, passes = 0, lanes = 0] = costs
  // Argon2 needs at least one pass, one lane, and 8 KiB per lane (RFC 9106, section 3.1).
  const isPossible = passes >= 1 && lanes >= 1 && memoryKiB >= 8 * lanes
  const isAffordable =
    memoryKiB <= MAX_COST.memoryKiB &&
    passes <= MAX_COST.passes &&
    lanes <= MAX_COST.lanes &&
    memoryKiB * passes <= MAX_COST.work
  return isPossible && isAffordable
}

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
