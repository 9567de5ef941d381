import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { randomFrom } from './random.ts'

/**
 * A token is `hf_`, three characters for its data centre, three for the shard tag (14 bits), 43 random ones (62^43
 * is more than 2^256) and six of CRC-32 over the 49 before, each in base62, big end first. With the characters for
 * the data centre and the checksum, a foreign or mistyped token is refused before Redis is asked, and secret
 * scanners recognize a token. They do not authenticate anything.
 */
const PREFIX = 'hf_'
const DATA_CENTRE_LENGTH = 3
const SHARD_LENGTH = 3
const SECRET_LENGTH = 43
const CHECKSUM_LENGTH = 6
const BODY_LENGTH = DATA_CENTRE_LENGTH + SHARD_LENGTH + SECRET_LENGTH
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${BODY_LENGTH + CHECKSUM_LENGTH}}$`)
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** The number of shards, equal to the number of Redis Cluster slots. */
export const SHARD_COUNT = 16_384

const SHARD_TAGS = new Set(Array.from({ length: SHARD_COUNT }, (_, shard) => shardTag(shard)))

/** Returns the three characters for a shard in tokens and keys. `shard` is 0 to 16,383. */
export function shardTag(shard: number): string {
  return base62(shard, SHARD_LENGTH)
}

/**
 * Returns the three characters for a data centre in its tokens, derived from its name. Two names have the same
 * characters with a probability of one in 238,328. Then a token of one data centre is *unknown* in the other,
 * instead of *foreign*.
 */
export function dataCentreTag(name: string): string {
  return base62(hash('sha256', name, 'buffer').readUInt32BE(0) % 62 ** DATA_CENTRE_LENGTH, DATA_CENTRE_LENGTH)
}

/** Generates a token from the tag of a data centre, the tag of a shard and at least 256 fresh random bits. */
export function generateToken(dataCentre: string, tag: string): string {
  const body = dataCentre + tag + randomText(SECRET_LENGTH)
  return PREFIX + body + base62(crc32(body), CHECKSUM_LENGTH)
}

/**
 * Returns the tags of the data centre and the shard of a well-formed token, or null if the text is not a token or
 * contains a typing error.
 * INV-TOKENS-52.
 */
export function parseToken(token: string): { dataCentre: string; tag: string } | null {
  if (typeof token !== 'string' || !SHAPE.test(token)) return null
  const body = token.slice(PREFIX.length, PREFIX.length + BODY_LENGTH)
  if (base62(crc32(body), CHECKSUM_LENGTH) !== token.slice(PREFIX.length + BODY_LENGTH)) return null
  const dataCentre = body.slice(0, DATA_CENTRE_LENGTH)
  const tag = body.slice(DATA_CENTRE_LENGTH, DATA_CENTRE_LENGTH + SHARD_LENGTH)
  return SHARD_TAGS.has(tag) ? { dataCentre, tag } : null
}

function base62(value: number, length: number): string {
  let rest = value
  let text = ''
  for (let digit = 0; digit < length; digit++) {
    text = ALPHABET.charAt(rest % 62) + text
    rest = Math.floor(rest / 62)
  }
  return text
}

/**
 * Returns random characters of the alphabet, each with the same probability: a byte beyond the last full round is
 * skipped.
 */
function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomFrom(length)) {
      if (byte < 4 * 62 && text.length < length) text += ALPHABET.charAt(byte % 62)
    }
  }
  return text
}
