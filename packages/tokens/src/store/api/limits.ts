import { InvalidOptionError } from '../../errors.ts'

/** Limits of arguments. */
export const MAX_SUBJECT_LENGTH = 256
export const MAX_DEVICE_LENGTH = 256
const MAX_CLAIMS_BYTES = 16_384
const MAX_VALUE_BYTES = 16_384
/** A deleted claim also counts, because its record keeps it until its end. */
const MAX_CLAIM_NAMES = 512
const NAMESPACE = /^[a-z0-9-]{1,64}$/
const DATA_CENTRE_NAME = /^[a-z0-9-]{1,64}$/
/** Maximum lifetime of a session. */
export const MAX_LIFETIME_MS = 400 * 24 * 3600 * 1000

/** Returns `value` if it is a string of `least` to `most` characters. Throws `INVALID_OPTION`. */
export function checkText(name: string, value: unknown, least: number, most: number): string {
  // A string with half a surrogate pair is altered before it is hashed: two such subjects would share an index.
  if (typeof value !== 'string' || value.length < least || value.length > most || !value.isWellFormed()) {
    const got = typeof value === 'string' ? `${value.length} characters` : typeof value
    throw new InvalidOptionError(`\`${name}\` must be a text of ${least} to ${most} characters, got ${got}.`)
  }
  return value
}

/** Returns `value` if it is a whole number within the limits. Throws `INVALID_OPTION`. */
export function checkNumber(name: string, value: unknown, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
    throw new InvalidOptionError(
      `\`${name}\` must be a whole number from ${least} to ${most}, got ${String(value)}.`,
    )
  }
  return value
}

/** Returns `name` if it is a valid name of a data centre. Throws `INVALID_OPTION`. */
export function checkDataCentre(name: unknown): string {
  if (typeof name !== 'string' || !DATA_CENTRE_NAME.test(name)) {
    throw new InvalidOptionError(
      `\`dataCentre\` must be 1 to 64 of a-z, 0-9 and "-", got ${JSON.stringify(name)}.`,
    )
  }
  return name
}

/** Returns `value` if it is a lifetime of one millisecond to 400 days. Throws `INVALID_OPTION`. */
export function checkLifetime(name: string, value: unknown): number {
  return checkNumber(name, value, 1, MAX_LIFETIME_MS)
}

/** Throws `INVALID_OPTION` if the claims are not a JSON object, or too large. */
export function checkClaims(claims: unknown): void {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new InvalidOptionError('`claims` must be an object that survives JSON.')
  }
  checkClaimsBytes(Buffer.byteLength(JSON.stringify(claims)))
}

/** Throws `INVALID_OPTION` if claims of this size as JSON are too large. */
export function checkClaimsBytes(bytes: number): void {
  if (bytes > MAX_CLAIMS_BYTES) {
    throw new InvalidOptionError(
      `\`claims\` are ${bytes} bytes as JSON; at most ${MAX_CLAIMS_BYTES} are kept with a session.`,
    )
  }
}

/** Throws `INVALID_OPTION` if an external session has had too many claims. */
export function checkClaimNames(count: number): void {
  if (count > MAX_CLAIM_NAMES) {
    throw new InvalidOptionError(
      `The session would have ${count} claims, with those that were deleted; at most ${MAX_CLAIM_NAMES} are kept. Put values whose names change into one claim.`,
    )
  }
}

/** Returns `namespace` if it is a valid namespace of external sessions. Throws `INVALID_OPTION`. */
export function checkNamespace(namespace: unknown): string {
  if (typeof namespace !== 'string' || !NAMESPACE.test(namespace)) {
    throw new InvalidOptionError(
      `The namespace must be 1 to 64 of a-z, 0-9 and "-", got ${JSON.stringify(namespace)}.`,
    )
  }
  return namespace
}

/** Throws `INVALID_OPTION` if the value of a register is not JSON, or too large. */
export function checkValue(value: unknown): void {
  const text: string | undefined = JSON.stringify(value)
  if (text === undefined) throw new InvalidOptionError('`value` must be a value that survives JSON.')
  const bytes = Buffer.byteLength(text)
  if (bytes > MAX_VALUE_BYTES) {
    throw new InvalidOptionError(`\`value\` is ${bytes} bytes as JSON; at most ${MAX_VALUE_BYTES} are kept.`)
  }
}
