import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * A token is `hf_`, three characters of shard tag (14 bits), 43 of secret (256 random bits) and six of
 * CRC-32 over the 46 before, each in base62, big end first. The checksum rejects typing errors before Redis
 * is asked and lets secret scanners tell a token from a look-alike; it authenticates nothing.
 */
const PREFIX = 'hf_'
const SHARD_LENGTH = 3
const SECRET_LENGTH = 43
const CHECKSUM_LENGTH = 6
const BODY_LENGTH = SHARD_LENGTH + SECRET_LENGTH
const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${BODY_LENGTH + CHECKSUM_LENGTH}}$`)
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** How many shards there are: as many as Redis Cluster has slots. */
export const SHARD_COUNT = 16_384

const SHARD_TAGS = new Set(Array.from({ length: SHARD_COUNT }, (_, shard) => shardTag(shard)))

/** The three characters that stand for a shard in tokens and keys. `shard` is 0 to 16,383. */
export function shardTag(shard: number): string {
  return base62(BigInt(shard), SHARD_LENGTH)
}

/** Makes a token of a shard's tag and 256 fresh random bits. */
export function generateToken(tag: string): string {
  const secret = BigInt(`0x${randomBytes(32).toString('hex')}`)
  const body = tag + base62(secret, SECRET_LENGTH)
  return PREFIX + body + checksum(body)
}

/** The shard tag of a well-formed token, or null when the text is no token or was mistyped. */
export function parseToken(token: string): { tag: string } | null {
  if (typeof token !== 'string' || !SHAPE.test(token)) return null
  const body = token.slice(PREFIX.length, PREFIX.length + BODY_LENGTH)
  if (checksum(body) !== token.slice(PREFIX.length + BODY_LENGTH)) return null
  const tag = body.slice(0, SHARD_LENGTH)
  return SHARD_TAGS.has(tag) ? { tag } : null
}

function checksum(body: string): string {
  let value = crc32(body)
  let text = ''
  for (let digit = 0; digit < CHECKSUM_LENGTH; digit++) {
    text = ALPHABET.charAt(value % 62) + text
    value = Math.floor(value / 62)
  }
  return text
}

function base62(value: bigint, length: number): string {
  let rest = value
  let text = ''
  for (let digit = 0; digit < length; digit++) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text
    rest /= 62n
  }
  return text
}
