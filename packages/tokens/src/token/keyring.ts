import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto'
import { InvalidOptionError } from '../errors.ts'
import { deriveKey } from './derive-key.ts'
import { seal, unseal } from './seal.ts'

/**
 * The keys of a data centre. The store uses them to seal the data that lists need, and to find the sessions of a
 * subject. All processes of a data centre have the same key ring; another data centre has another one.
 */
export interface Keyring {
  /** The id of the key that seals new records. */
  current: string
  /** Sealing keys by id: 32 bytes each, in base64. Older keys stay until no session uses them. */
  keys: Record<string, string>
  /**
   * The key of the subject index: 32 bytes in base64. It never changes, because with a new one no process would
   * find the existing sessions.
   */
  index: string
}

const KEY_BYTES = 32
const KEY_ID = /^[a-z0-9-]{1,32}$/

/** Generates a key ring with one sealing key, named `k1`, and an index key, each of 256 random bits. */
export function generateKeyring(): Keyring {
  const key = () => randomBytes(KEY_BYTES).toString('base64')
  return { current: 'k1', keys: { k1: key() }, index: key() }
}

/** A checked key ring. It seals with the current key and opens with any key. */
export interface OpenKeyring {
  /** Identifies the ring without revealing it: 32 hexadecimal digits that stay the same when sealing keys rotate. */
  readonly id: string
  readonly indexKey: KeyObject
  /** {@link deriveKey} for one purpose from the index key. It stays the same when keys rotate. */
  deriveKey(purpose: string): KeyObject
  seal(text: string, context: string): Buffer
  unseal(box: Buffer, context: string): string | null
}

/**
 * Checks a key ring. Throws `INVALID_OPTION` and names the entry, never its value. An invalid id is not shown
 * either, because it may be a key in the place of the id.
 */
export function openKeyring(keyring: Keyring): OpenKeyring {
  if (typeof keyring !== 'object' || keyring === null) {
    throw new InvalidOptionError(
      '`keyring` must be `{ current, keys, index }`; make one with `generateKeyring()`.',
    )
  }
  const keys = new Map(
    Object.entries(keyring.keys ?? {}).map(([id, key], place) => {
      if (!KEY_ID.test(id)) {
        throw new InvalidOptionError(
          `Id ${place + 1} in \`keyring.keys\` must be 1 to 32 of a-z, 0-9 and "-".`,
        )
      }
      return [id, decodeKey(key, `keyring.keys.${id}`)]
    }),
  )
  if (typeof keyring.current !== 'string' || !KEY_ID.test(keyring.current)) {
    throw new InvalidOptionError('`keyring.current` must be the id of one of `keyring.keys`.')
  }
  const current = keys.get(keyring.current)
  if (!current) {
    throw new InvalidOptionError(
      `\`keyring.current\` names the key "${keyring.current}", which \`keyring.keys\` does not hold.`,
    )
  }
  const currentId = Buffer.from(keyring.current)
  const header = Buffer.concat([Buffer.from([currentId.length]), currentId])
  const indexKey = decodeKey(keyring.index, 'keyring.index')
  return {
    id: createHmac('sha256', indexKey).update('holdfast key ring').digest('hex').slice(0, 32),
    indexKey,
    deriveKey: (purpose) => createSecretKey(deriveKey(indexKey, purpose)),
    seal: (text, context) => Buffer.concat([header, seal(current, text, context)]),
    unseal(box, context) {
      const idLength = box[0] ?? 0
      const key = keys.get(box.toString('utf8', 1, 1 + idLength))
      return key ? unseal(key, box.subarray(1 + idLength), context) : null
    },
  }
}

/** Returns the id of the key that sealed a box, or null if the box does not contain an id. */
export function sealingKeyOf(box: Buffer): string | null {
  const id = box.toString('utf8', 1, 1 + (box[0] ?? 0))
  return KEY_ID.test(id) ? id : null
}

/**
 * Checks that a ring may replace another one while processes run. It must have the same index key, because another
 * one would hide every session from the list of its subject. It must contain the current sealing key, because
 * sessions are being sealed with it. Every id must name the same key as before. Older keys may be missing: remove a
 * key only when no session needs it. Throws `INVALID_OPTION` and names the entry, never its value.
 * INV-TOKENS-40.
 */
export function checkSuccessor(current: Keyring, next: Keyring): void {
  if (!sameKey(current.index, next.index)) {
    throw new InvalidOptionError(
      '`keyring.index` differs from the one in use. It never changes: sessions are found by it. Put it back.',
    )
  }
  if (next.keys[current.current] === undefined) {
    throw new InvalidOptionError(
      `\`keyring.keys\` lacks "${current.current}", with which sessions are sealed until now. Keep it for as long as a session may last.`,
    )
  }
  for (const [id, key] of Object.entries(next.keys)) {
    const before = current.keys[id]
    if (before !== undefined && !sameKey(before, key)) {
      throw new InvalidOptionError(
        `\`keyring.keys.${id}\` differs from the key of that id in use. Give a new key a new id.`,
      )
    }
  }
}

function sameKey(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one, 'base64'), Buffer.from(other, 'base64'))
}

function decodeKey(key: unknown, name: string): KeyObject {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : Buffer.alloc(0)
  if (bytes.length !== KEY_BYTES) {
    throw new InvalidOptionError(
      `\`${name}\` must be 32 bytes in base64; make one with \`openssl rand -base64 32\`.`,
    )
  }
  return createSecretKey(bytes)
}
